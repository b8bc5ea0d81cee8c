/**
 * What `replicate` and `drift` share: one secret or all that have followers, a few at a time, each told as it is visited.
 * @module
 */
import { isRotationError, RotationError } from '../../core/errors.ts'
import { inParallel } from '../../core/fleet/pool.ts'
import { followersOf } from '../../core/replication/replication.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { orFailOver } from '../members.ts'
import { visiting } from '../render/followers.ts'
import type { Session } from '../session.ts'

/** Secrets at once: each visits all its followers at once. */
const WIDTH = 8

export type Visited<T> = { readonly name: string } & ({ readonly result: T } | { readonly error: RotationError })

/** No name: all that have followers. A secret without: `usage`. */
export function replicatedNames({ workspace }: Session, name: string | undefined): readonly string[] {
  const { secrets } = workspace.config
  if (name === undefined) return [...secrets.values()].filter(each => each.followers.length > 0).map(each => each.name)
  if (workspace.secret(name).followers.length > 0) return [name]
  throw withoutFollowers(name)
}

export const withoutFollowers = (name: string): RotationError =>
  new RotationError('usage', 'This secret has no followers.', {
    secret: name,
    next: 'Name them under `followers:` of the secret, and `epochs:` of the file: docs/followers/README.md.',
  })

/** A secret that fails takes nothing from the others. In the order of the names. */
export async function visitAll<T>(
  session: Session,
  names: readonly string[],
  visit: (name: string, report: (label: string) => void) => Promise<T>,
): Promise<readonly Visited<T>[]> {
  const done = new Map<string, Visited<T>>()
  let fault: unknown
  const one = (report: (label: string) => void) => async (name: string) => {
    try {
      done.set(name, { name, result: await orFailOver(session.workspace, name, () => visit(name, report)) })
    } catch (error) {
      if (isRotationError(error)) done.set(name, { name, error: error.in({ secret: name }) })
      else fault ??= error
    }
  }
  await session.working(`${names.length} secrets with followers`, report => inParallel(names, WIDTH, one(report)))
  if (fault !== undefined) throw fault
  return names.flatMap(name => done.get(name) ?? [])
}

/** The setup, with somebody who hears of each follower. */
export function heard(setup: RotationSetup, report: (label: string) => void): RotationSetup {
  const { replication, secret } = setup
  if (!replication) return setup
  const names = followersOf(replication).map(({ name }) => name)
  return { ...setup, replication: { ...replication, heard: visiting(secret, names, report) } }
}
