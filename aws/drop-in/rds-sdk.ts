/**
 * The few parts of the RDS client that are used, so that a bundler drops the others.
 * @module
 */
export { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds'
