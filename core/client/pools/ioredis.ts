/**
 * `ioredis`: a `Redis` or a `Cluster` for its whole life. Its options are read at every connect; before a reconnect the secret is
 * read again, and after a rotation the open connection logs in anew, which loses no command. Tested with ioredis 6.
 * @module
 */
import type { SecretCredential } from '../credential.ts'
import type { Secrets } from '../secrets.ts'
import { type Following, requireInside } from './follow.ts'

/** What is used of a `Redis` or `Cluster`. Make it with `lazyConnect: true`, so that it does not log in before it follows. */
export interface IoredisLike {
  readonly options: object
  connect(): Promise<void>
}

interface Login {
  username?: string | undefined
  password?: string | undefined
}
interface Node {
  readonly options: Login & { readonly db?: number }
  readonly status: string
  manuallyClosing?: boolean
  /** What a connection is about; in a subscriber with RESP2, no command may be sent. */
  condition?: { readonly select: number | undefined; readonly subscriber?: unknown } | null
  connect(callback?: (error?: unknown) => void): Promise<void>
  call(command: string, ...args: readonly string[]): Promise<unknown>
  setStatus(status: 'end'): void
  flushQueue(error: Error): void
}
interface Cluster extends Node {
  readonly connectionPool: { readonly redisOptions: Login }
  nodes(): readonly Node[]
  on(event: '+node', listener: (node: Node) => void): unknown
  off(event: '+node', listener: (node: Node) => void): unknown
}

const login = ({ username, password }: SecretCredential): Login => ({ username, password: password.reveal() })
const noLogin = (): void => {}

export function followIoredis(secrets: Secrets, name: string, redis: IoredisLike): Following {
  const client = redis as unknown as Node | Cluster
  requireInside(typeof client.connect === 'function' && typeof client.call === 'function', 'ioredis', 'connect')
  const cluster = 'nodes' in client ? client : undefined
  const undo: (() => void)[] = []

  const place = (credential: SecretCredential, node: Node): void => {
    Object.assign(node.options, login(credential))
    if (node.status === 'ready' && !node.condition?.subscriber) reauthenticate(credential, node)
  }
  const follow = (node: Node): void => {
    const { connect } = node
    let reading: Promise<SecretCredential> | undefined
    node.connect = async callback => {
      const began = node.status
      // Each command that comes before the first connection asks for one, and wants to know its database.
      node.condition ??= { select: node.options.db, subscriber: false }
      // A connection that had to be made again may have been refused: what is known is not good enough.
      const first = reading === undefined
      reading ??= began === 'wait' ? secrets.get(name) : secrets.refresh(name).catch(() => secrets.get(name))
      const credential = await reading.finally(() => {
        reading = undefined
      })
      Object.assign(node.options, login(credential))
      if (node.manuallyClosing && node.status === 'reconnecting') return abandon(node)
      if (began !== 'end' && node.status === 'end') throw new Error('Connection is closed.')
      return first ? connect.call(node, callback) : undefined
    }
    undo.push(() => {
      node.connect = connect
    })
  }

  if (cluster === undefined) follow(client)
  else followCluster(cluster, undo)
  const stop = secrets.onRotate(name, current => {
    if (cluster !== undefined) Object.assign(cluster.connectionPool.redisOptions, login(current))
    for (const node of cluster?.nodes() ?? [client]) place(current, node)
  })
  return {
    stop() {
      stop()
      for (const each of undo) each()
    },
  }

  function followCluster(whole: Cluster, ends: (() => void)[]): void {
    const { connect } = whole
    whole.connect = async callback => {
      Object.assign(whole.connectionPool.redisOptions, login(await secrets.get(name)))
      return connect.call(whole, callback)
    }
    whole.on('+node', follow)
    ends.push(() => {
      whole.connect = connect
      whole.off('+node', follow)
    })
  }
}

/** What the driver does with a connection that is closed while it waits to be made again. */
function abandon(node: Node): void {
  node.manuallyClosing = false
  node.setStatus('end')
  node.flushQueue(new Error('Connection is closed.'))
}

/** Refused: the session stays who it was, and the next connect reads again. */
function reauthenticate(credential: SecretCredential, node: Node): void {
  const { username, password } = login(credential)
  const args = username === undefined ? [password!] : [username, password!]
  node.call('AUTH', ...args).catch(noLogin)
}
