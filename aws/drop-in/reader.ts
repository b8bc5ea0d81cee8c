/**
 * Proof that two hosts are one database: the admin's the writer, the secret's a copy of it. By what RDS says, never by the names
 * alone: AWS's templates compare only what stands before the first dot.
 * @module
 */
import type { DBCluster } from '@aws-sdk/client-rds'
import type { ManagedDatabases } from './managed-databases.ts'

export interface Hosts {
  /** The secret's. */
  readonly reader: string
  /** The admin secret's. */
  readonly writer: string
}

export const sameHost = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()

/** One call to RDS for a read replica, two for a member of a cluster. False: it is not, or RDS knows no such host. */
export async function isReaderOf(hosts: Hosts, rds: ManagedDatabases, signal: AbortSignal): Promise<boolean> {
  const [id = ''] = hosts.reader.split('.')
  if (/\.cluster-ro-/.test(hosts.reader)) {
    const cluster = await rds.cluster(id, signal)
    return sameHost(cluster?.ReaderEndpoint, hosts.reader) && isWriterOf(cluster, hosts.writer)
  }
  const instance = await rds.instance(id, signal)
  if (instance === undefined || !sameHost(instance.Endpoint?.Address, hosts.reader)) return false
  if (instance.DBClusterIdentifier !== undefined)
    return isWriterOf(await rds.cluster(instance.DBClusterIdentifier, signal), hosts.writer)
  const source = instance.ReadReplicaSourceDBInstanceIdentifier
  return source !== undefined && sameHost(inSameRegion(source, hosts.reader), hosts.writer)
}

const isWriterOf = (cluster: DBCluster | undefined, host: string): boolean => sameHost(cluster?.Endpoint, host)

/**
 * Instances of one account and region differ in the first part of their names only, so the source's is known. A source elsewhere
 * is named by its ARN, which makes no host.
 */
const inSameRegion = (source: string, reader: string): string => source + reader.slice(reader.indexOf('.'))
