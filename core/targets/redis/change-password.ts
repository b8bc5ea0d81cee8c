/**
 * The one place where the passwords of a user are changed: on every node, after a look at what the user is there; each node
 * applies, saves, and shows what it has. A run that ends between two nodes is repaired by the next, and since every step leaves
 * current valid on all of them, nobody is refused in between.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import { type Account, accountOf, requireUsable } from './account.ts'
import type { Context } from './options.ts'
import { type Saving, saveUsers } from './save.ts'
import { type Session, together } from './session.ts'
import { replicatesAs, replicationLogin } from './topology.ts'

/** What must be left of the time when the change is sent: the server has no limit of its own, so the connection is closed in time. */
const MARGIN = 250

export interface Look {
  readonly node: Session
  readonly account: Account
}

/** Looks at a login on every node. Not one that we may change: see `account.ts` and `topology.ts`. */
export const lookEverywhere = (nodes: readonly Session[], login: string, context: Context): Promise<readonly Look[]> =>
  onEach(nodes, async node => {
    const [account, between] = await Promise.all([accountOf(node, login), replicatesAs(node, login)])
    requireUsable(account, node.endpoint.name)
    if (between && context.replication !== true) throw replicationLogin(node)
    return { node, account }
  })

/**
 * Makes exactly these hashes the passwords of a user that exists. Saves also where nothing is to be changed: whoever changed it
 * may have ended before it was saved.
 */
export async function setPasswords(
  looks: readonly Look[],
  login: string,
  hashes: readonly string[],
  context: Context,
  call: TargetCall,
): Promise<void> {
  const savings = await onEach(looks, ({ node }) => saveUsers(node, context))
  requireTime(context, call)
  await changeEach(looks, async ({ node, account }, i) => {
    if (!same(account.hashes, hashes)) await setOn(node, login, hashes, savings[i])
  })
}

/** Every node at once; of several failures the one after which least is known. */
export async function onEach<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results = await Promise.allSettled(items.map(work))
  const failures = results.filter(result => result.status === 'rejected').map(({ reason }) => reason as unknown)
  if (failures.length > 0) throw failures.find(error => isRotationError(error, 'unknown-outcome')) ?? failures[0]
  return results.map(result => (result as PromiseFulfilledResult<R>).value)
}

/** As `onEach`; where some were changed and others not, nobody may believe that nothing was: `unknown-outcome`. */
export async function changeEach<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let changed = 0
  try {
    await onEach(items, async (item, index) => {
      await work(item, index)
      changed++
    })
  } catch (error) {
    if (changed === 0 || !isRotationError(error)) throw error
    throw incomplete(error, 'Some nodes were changed, and this one was not.')
  }
}

const incomplete = ({ at, foreign }: RotationError, message: string): RotationError =>
  new RotationError('unknown-outcome', message, { at, foreign })

/** No time for a change: `no-time`. */
export function requireTime(context: Context, call: TargetCall): void {
  if (statementTimeout(call, context.now(), MARGIN) < 1)
    throw new RotationError('no-time', 'No time is left to make the change at the servers.')
}

/** Change, save and look travel together: one round trip. */
async function setOn(node: Session, login: string, hashes: readonly string[], saving: Saving): Promise<void> {
  const change = node.change(['ACL', 'SETUSER', login, 'resetpass', ...hashes.map(hash => `#${hash}`)])
  const seen = together<unknown>(saving === undefined ? Promise.resolve() : node.ask(saving), accountOf(node, login))
  seen.catch(() => {}) // looked at once the change is known to be made
  await change
  const [, after] = await seen.catch(error => {
    throw isRotationError(error) ? incomplete(error, 'The change was made, but could not be saved.') : error
  })
  if (same((after as Account | undefined)?.hashes ?? [], hashes)) return
  throw new RotationError('target-busy', 'Somebody else changed the same login at the same moment.', {
    at: node.endpoint.name,
  })
}

const same = (some: readonly string[], others: readonly string[]): boolean =>
  [...new Set(some)].sort().join() === [...new Set(others)].sort().join()
