/**
 * Whether every follower's store can hold its copy of a new value: found out before the leader has it, because afterwards the old
 * credential could never end.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Run } from '../rotation/run.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { copyFor } from './mapping.ts'
import { followersOf, type Member } from './replication.ts'
import { visited } from './sight.ts'

/** One that cannot be opened says nothing here; an emergency waits for nobody. Too large somewhere: `value-unsuitable`. */
export async function requireRoomAtFollowers(run: Run, value: SecretValue): Promise<void> {
  const { replication } = run.setup
  if (!replication || run.request.type === 'emergency') return
  const { members } = replication
  const followers = followersOf(replication).filter(({ native }) => !native)
  const rooms = await Promise.all(followers.map(member => roomAt(run, member)))
  for (const [n, member] of followers.entries()) {
    const { byteLength } = copyFor(member, members, value, undefined)
    const most = rooms[n] ?? Number.POSITIVE_INFINITY
    if (byteLength > most)
      throw new RotationError(
        'value-unsuitable',
        `The copy for ${member.name} has ${byteLength} bytes; its store holds ${most}.`,
        { at: member.name, next: 'Make the value smaller, or let a store follow that holds it.' },
      )
  }
}

/** Opening a store asks it nothing. */
const roomAt = (run: Run, member: Member): Promise<number | undefined> =>
  visited(run, member, async () => (await member.open()).capabilities.maxValueBytes).catch(() => undefined)
