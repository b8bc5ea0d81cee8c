/**
 * What RDS says about its databases. The client is loaded only where it is asked: few secrets need it.
 * Permissions: rds:DescribeDBInstances, rds:DescribeDBClusters.
 * @module
 */
import type { DBCluster, DBInstance, RDSClient } from '@aws-sdk/client-rds'
import { RotationError } from '../../core/errors.ts'

export interface ManagedDatabases {
  /** By identifier or ARN. Absent: undefined. Denied: `access-denied`. */
  instance(id: string, signal: AbortSignal): Promise<DBInstance | undefined>
  cluster(id: string, signal: AbortSignal): Promise<DBCluster | undefined>
}

type Operation = 'DescribeDBInstances' | 'DescribeDBClusters'
type Config = ConstructorParameters<typeof RDSClient>[0]

const ABSENT = ['DBInstanceNotFound', 'DBInstanceNotFoundFault', 'DBClusterNotFoundFault', 'InvalidParameterValue']
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation']
const THROTTLED = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded']

/** In a VPC without a way to RDS, packets vanish. */
const BOUNDS = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

export function managedDatabases(config: Config = {}): ManagedDatabases {
  let opened: RDSClient | undefined
  const open = async () => {
    const { RDSClient, ...commands } = await import('./rds-sdk.ts')
    opened ??= new RDSClient({ requestHandler: BOUNDS, ...config })
    return { client: opened, ...commands }
  }
  return {
    instance: (id, signal) =>
      asking('DescribeDBInstances', id, async () => {
        const { client, DescribeDBInstancesCommand } = await open()
        const found = await client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }), {
          abortSignal: signal,
        })
        return found.DBInstances?.[0]
      }),
    cluster: (id, signal) =>
      asking('DescribeDBClusters', id, async () => {
        const { client, DescribeDBClustersCommand } = await open()
        const found = await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }), {
          abortSignal: signal,
        })
        return found.DBClusters?.[0]
      }),
  }
}

async function asking<T>(operation: Operation, id: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    const { name, code } = Object(error) as { name?: unknown; code?: unknown }
    if (typeof name === 'string' && ABSENT.includes(name)) return undefined
    throw failure(operation, String(name), String(code), id)
  }
}

/** `id` is an identifier or ARN from tags or from the name of a host: no value, but kept out of the text all the same. */
function failure(operation: Operation, name: string, code: string, id: string): RotationError {
  const foreign = [code, name].find(each => /^[A-Za-z0-9_-]{1,40}$/.test(each) && each !== 'undefined')
  const at = id.startsWith('arn:') ? id : undefined
  if (name === 'AbortError') return new RotationError('aborted', 'The run was interrupted.')
  if (THROTTLED.includes(name)) return new RotationError('busy', `RDS is throttling ${operation}.`, { at, foreign })
  if (!DENIED.includes(name))
    return new RotationError('store-unavailable', `RDS did not answer ${operation}.`, { at, foreign, next: REACH })
  return new RotationError('access-denied', `rds:${operation} is not allowed.`, {
    at,
    foreign,
    next: `Allow rds:${operation} on the database in the policy of the function's role.`,
  })
}

const REACH = 'In a VPC, RDS needs a VPC endpoint (com.amazonaws.REGION.rds) or a NAT gateway; then run it again.'
