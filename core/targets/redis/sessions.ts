/**
 * Who is logged in: `CLIENT LIST` on every node. It knows users and ages in whole seconds, not which password opened a session.
 * @module
 */
import type { Instant } from '../../ports/clock.ts'
import type { SettableTarget, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { using } from '../common/logins.ts'
import { openAdmin, openSession } from './connect.ts'
import { type Context, nodesOf } from './options.ts'
import type { Session } from './session.ts'

interface Client {
  readonly id: string
  /** Not earlier than the session was opened. */
  readonly openedBy: Instant
  readonly idle: boolean
}

/** For alternating users. */
export const countSessions = (context: Context): Required<Pick<SettableTarget, 'sessions'>> => ({
  sessions: ({ username }, current, since, call) =>
    onEachNode(context, current, call, async node => {
      const clients = await clientsOf(node, username, context)
      return clients.filter(({ openedBy }) => openedBy > since).length
    }),
})

export const endSessions = (context: Context): Required<Pick<SettableTarget, 'endSessions'>> => ({
  endSessions: ({ username }, current, { only, before = Number.POSITIVE_INFINITY }, call) =>
    onEachNode(context, current, call, async node => {
      const clients = await clientsOf(node, username, context)
      const chosen = clients.filter(({ idle, openedBy }) => openedBy < before && (only === undefined || idle))
      // never ourselves, which is the server's default
      const ended = await Promise.all(chosen.map(({ id }) => node.ask(['CLIENT', 'KILL', 'ID', id])))
      return ended.filter(count => count === 1).length
    }),
})

/** Those of applications: links of replication are not counted, and never ended. */
async function clientsOf(node: Session, login: string, context: Context): Promise<readonly Client[]> {
  const list = String(await node.ask(['CLIENT', 'LIST', 'TYPE', 'normal']))
  const subscribers = String(await node.ask(['CLIENT', 'LIST', 'TYPE', 'pubsub']))
  const now = context.now()
  return `${list}\n${subscribers}`.split('\n').flatMap(line => {
    const field = (name: string) => new RegExp(`(?:^| )${name}=([^ ]*)`).exec(line)?.[1] ?? ''
    if (field('user') !== login) return []
    const waiting = field('multi') !== '-1' || /[bxO]/.test(field('flags')) || field('cmd') === 'subscribe'
    const busy = waiting || Number(field('sub')) + Number(field('psub')) > 0
    return [{ id: field('id'), openedBy: now - Number(field('age')) * 1000, idle: !busy && Number(field('idle')) > 0 }]
  })
}

/** The sum over all nodes, asked as the admin if there is one, else as current. */
async function onEachNode(
  context: Context,
  current: Credential,
  call: TargetCall,
  ask: (node: Session) => Promise<number>,
): Promise<number> {
  let sum = 0
  for (const endpoint of nodesOf(context)) {
    const session = context.admin ? openAdmin(context, call, endpoint) : openSession(context, endpoint, current, call)
    sum += await using(session, ask)
  }
  return sum
}
