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
  readonly options: Login
  readonly status: string
  manuallyClosing?: boolean
  /** In a subscriber with RESP2, no command may be sent. */
  readonly condition?: { readonly subscriber?: unknown }
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
    node.connect = async callback => {
      // A connection that had to be made again may have been refused: what is known is not good enough.
      const credential = await (node.status === 'wait'
        ? secrets.get(name)
        : secrets.refresh(name).catch(() => secrets.get(name)))
      Object.assign(node.options, login(credential))
      // Closed by its owner while we were reading.
      if (node.manuallyClosing && node.status === 'reconnecting') return abandon(node)
      return connect.call(node, callback)
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
