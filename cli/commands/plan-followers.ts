/**
 * What a plan looks up about followers.
 * @module
 */
import type { Workspace } from '../compose.ts'
import type { Look } from '../look.ts'
import type { FollowersView } from '../render/plan-followers.ts'
import type { Session } from '../session.ts'

/** A run brings up what it can reach before it decides. */
export const broughtUp = (look: Look): Look => {
  const { followers: seen } = look
  if (!seen) return look
  const followers = seen.followers.filter(({ standing, error }) => standing !== 'behind' || error)
  return { ...look, followers: { ...seen, followers } }
}

export async function followersView({ workspace }: Session, look: Look): Promise<FollowersView> {
  const { config } = workspace
  const { store, followers, acceptGap } = workspace.secret(look.secret.name)
  const first = { name: store, store, required: true, timeout: FIRST_TIMEOUT, replica: false }
  const others = look.lead ? [first, ...followers].filter(({ name }) => name !== look.lead!.leader) : []
  const members = await Promise.all(
    others.map(async one => ({ ...one, maxValue: await maxValue(workspace, one.store) })),
  )
  return { members, stores: config.stores, epochs: config.epochs, acceptGap }
}

/** Of a visit to the store that led first. */
const FIRST_TIMEOUT = 30_000

async function maxValue(workspace: Workspace, store: string): Promise<number | undefined> {
  const opened = workspace.hasStore(store) ? await workspace.store(store).catch(() => undefined) : undefined
  return opened?.capabilities.maxValueBytes
}
