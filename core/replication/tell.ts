/**
 * Followers after a promotion: the leader has its new current whatever becomes of them, and whoever is missing is brought up by the
 * next run.
 * @module
 */
import { sanitise } from '../errors.ts'
import type { Run } from '../rotation/run.ts'
import { catchUp } from './catch-up.ts'
import { type FollowerReport, followersOf } from './replication.ts'
import { failed } from './sight.ts'

/** Without followers: undefined. */
export async function tellFollowers(run: Run): Promise<readonly FollowerReport[] | undefined> {
  const { replication } = run.setup
  if (!replication) return undefined
  try {
    const state = await run.describe()
    return state ? await catchUp(run, state) : []
  } catch (thrown) {
    const error = sanitise(thrown)
    return followersOf(replication).map(member => failed(member, error))
  }
}
