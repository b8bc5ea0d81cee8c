/**
 * Who else belongs to it: users are not replicated, so a node that the configuration leaves out would refuse the new password.
 * Servers are counted and told apart by their own ids, for a node need not know itself by the name that it is configured with.
 * @module
 */
import { RotationError } from '../../errors.ts'
import { DENIED, type Session } from './session.ts'

interface Replication {
  readonly role: 'master' | 'slave'
  /** The same on a primary and its replicas. */
  readonly id: string
  /** Addresses of the replicas that are connected. */
  readonly replicas: readonly string[]
  /** The address of the primary, while the link is up. */
  readonly primary: string | undefined
}

/** Undefined: the asker may not know. */
async function replicationOf(node: Session): Promise<Replication | undefined> {
  const info = await node.askUnless(DENIED, ['INFO', 'replication'])
  if (typeof info !== 'string') return undefined
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const replicas = [...info.matchAll(/^slave\d+:ip=([^,]*),port=(\d+)/gm)].map(([, ip, port]) => `${ip}:${port}`)
  return {
    role: field('role') === 'slave' ? 'slave' : 'master',
    id: field('master_replid') ?? '',
    // what only reads the stream of changes has no port
    replicas: replicas.filter(address => !address.endsWith(':0')),
    primary: field('master_link_status') === 'up' ? `${field('master_host')}:${field('master_port')}` : undefined,
  }
}

/** Whether the node logs in to its primary with this login, or its replicas probably do. */
export async function replicatesAs(node: Session, login: string): Promise<boolean> {
  const [setting, replication] = await Promise.all([
    node.askUnless(DENIED, ['CONFIG', 'GET', 'masteruser']),
    replicationOf(node),
  ])
  const masteruser = (setting as readonly string[] | undefined)?.[1]
  if (masteruser === undefined || replication === undefined) return false
  const replicates = replication.role === 'slave' || replication.replicas.length > 0
  return replicates && (masteruser === '' ? 'default' : masteruser) === login
}

export const replicationLogin = ({ endpoint }: Session): RotationError =>
  new RotationError('unsupported', 'The nodes log in to each other with this login.', {
    at: endpoint.name,
    next: 'Set `replication: true`, so that they are told the new password; or give them a user of their own.',
  })

/** Addresses, as the nodes know them, of which at least one is not configured. Empty: none that the asker may know of. */
export async function unlistedNodes(nodes: readonly Session[]): Promise<readonly string[]> {
  const [replications, clusters] = await Promise.all([
    Promise.all(nodes.map(replicationOf)),
    Promise.all(nodes.map(clusterOf)),
  ])
  return [
    ...new Set([...notInReplication(replications.filter(known => known !== undefined)), ...notInCluster(clusters)]),
  ]
}

function notInReplication(known: readonly Replication[]): readonly string[] {
  const groups = Map.groupBy(known, ({ id }) => id)
  return [...groups.values()].flatMap(members => {
    const replicas = members.flatMap(member => member.replicas)
    const listed = members.filter(({ role }) => role === 'slave').length
    const primaries = members.some(({ role }) => role === 'master') ? [] : members.map(({ primary }) => primary)
    return [...(replicas.length > listed ? replicas : []), ...primaries.filter(primary => primary !== undefined)]
  })
}

interface ClusterNode {
  readonly id: string
  readonly address: string
  readonly myself: boolean
}

async function clusterOf(node: Session): Promise<readonly ClusterNode[]> {
  const answer = await node.askUnless(NO_CLUSTER, ['CLUSTER', 'NODES'])
  if (typeof answer !== 'string') return []
  const lines = answer.split('\n').map(line => line.split(' '))
  return lines.flatMap(([id, address, flags]) => {
    if (id === undefined || address === undefined || flags === undefined || /noaddr|handshake/.test(flags)) return []
    return [{ id, address: address.replace(/[@,].*/, ''), myself: flags.includes('myself') }]
  })
}

const NO_CLUSTER = /^NOPERM |^ERR unknown|cluster support disabled/

function notInCluster(views: readonly (readonly ClusterNode[])[]): readonly string[] {
  const all = views.flat()
  const listed = new Set(all.filter(({ myself }) => myself).map(({ id }) => id))
  return all.filter(({ id }) => !listed.has(id)).map(({ address }) => address)
}

/** A node that is not configured: `config-invalid`. */
export async function requireAllListed(nodes: readonly Session[]): Promise<void> {
  const unlisted = await unlistedNodes(nodes)
  if (unlisted.length === 0) return
  throw new RotationError(
    'config-invalid',
    'A node that the configuration does not list would refuse the new password.',
    {
      at: unlisted.join(', '),
      next: 'List every primary and replica under `endpoints:`, then run the same command again.',
    },
  )
}
