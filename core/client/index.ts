/**
 * What an application imports: secrets that are read once and renewed behind its back, and pools that follow a rotation. It
 * knows no cloud and no driver: both are handed in.
 * @module
 */

export { SecretValue } from '../secret/secret-value.ts'
export * from './auth-failure.ts'
export type { RotationListener } from './cached-secret.ts'
export { ClientError, type ClientErrorCode } from './client-error.ts'
export type { ClientClock } from './clock.ts'
export type { CredentialShape, SecretCredential } from './credential.ts'
export type { Login } from './log-in.ts'
export type { Following, FollowOptions } from './pools/follow.ts'
export { followIoredis, type IoredisLike } from './pools/ioredis.ts'
export { followMongo, type MongoClientLike, type MongoPool } from './pools/mongodb.ts'
export { followMssql, type MssqlPoolLike } from './pools/mssql.ts'
export { followMysql2, type Mysql2PoolLike } from './pools/mysql2.ts'
export { followOracle, type OracleOptions, type OraclePool, type OraclePoolLike } from './pools/oracledb.ts'
export { followPg, type PgPoolLike } from './pools/pg.ts'
export { followRedis, type RedisCredentialsProvider, type RedisLike, redisCredentials } from './pools/redis.ts'
export type { ReadCall, SecretSource, SourceVersion, Which } from './secret-source.ts'
export { createSecrets, type Secrets, type SecretsOptions, type WithCredentialOptions } from './secrets.ts'
export { type AwsSecretValue, type AwsSourceOptions, awsSource } from './sources/aws.ts'
export { type AwsExtensionOptions, awsExtensionSource } from './sources/aws-extension.ts'
export { type AzureSourceOptions, azureSource } from './sources/azure.ts'
export { type EnvironmentSourceOptions, environmentSource } from './sources/environment.ts'
export { type FileSourceOptions, fileSource } from './sources/file.ts'
export { type GcpSourceOptions, gcpSource } from './sources/gcp.ts'
export { type LocalStoreLike, localSource } from './sources/local.ts'
