// What the service does by itself when a time has come: rotation notices, delayed destruction, expiry.
import type { SecretState } from './model.ts'
import type { SecretRecord } from './record.ts'
import { nextDue } from './secrets.ts'
import type { World } from './world.ts'

/** A clock that jumps over years does not replay them: after so many things one secret's schedule goes on from now. */
const MOST_AT_ONCE = 1000

/** Does all that is due by now, each thing at its own time, oldest first within a secret. */
export function settle(world: World): void {
  const now = world.now()
  const due = world.secrets.due(now)
  if (due.length === 0) return
  for (const record of due) {
    for (let done = 0; done < MOST_AT_ONCE && nextDue(record.state) <= now; done++) {
      if (!settleOne(world, record)) break
    }
    skip(world, record, now)
  }
  world.secrets.settled()
}

function settleOne(world: World, record: SecretRecord): boolean {
  const { state } = record
  const at = nextDue(state)
  if (state.expireAt === at) {
    world.secrets.remove(state.name)
    world.events.secret('SECRET_DELETE', state, at, { deleteType: 'EXPIRATION' })
    return false
  }
  if (state.rotation?.nextAt === at) rotate(world, record, at)
  else destroyScheduled(world, record, at)
  return true
}

/**
 * "next_rotation_time will be advanced by this period when the service automatically sends rotation notifications"
 * (resources.proto): when it sends, whether or not anybody rotates. Without a period it is taken away (assumed). The
 * secret has changed, so its etag moves (assumed), without a SECRET_UPDATE.
 */
function rotate(world: World, record: SecretRecord, at: number): void {
  record.update(at, draft => {
    const { periodMs } = draft.rotation!
    if (periodMs === undefined) delete draft.rotation!.nextAt
    else draft.rotation!.nextAt = at + periodMs
    draft.etag = world.etag()
  })
  world.events.secret('SECRET_ROTATE', record.state, at)
}

function destroyScheduled(world: World, record: SecretRecord, at: number): void {
  const number = record.update(at, draft => {
    const version = [...draft.versions.values()].find(each => each.scheduledDestroyAt === at)!
    version.state = 'DESTROYED'
    version.destroyedAt = at
    version.etag = world.etag()
    delete version.scheduledDestroyAt
    delete version.data
    return version.number
  })
  world.events.version('SECRET_VERSION_DESTROY', record.state, record.state.versions.get(number)!, at)
}

function skip(world: World, record: SecretRecord, now: number): void {
  const { rotation }: SecretState = record.state
  if (rotation?.nextAt === undefined || rotation.nextAt > now || rotation.periodMs === undefined) return
  const { nextAt, periodMs } = rotation
  record.update(now, draft => {
    draft.rotation!.nextAt = nextAt + Math.ceil((now + 1 - nextAt) / periodMs) * periodMs
    draft.etag = world.etag()
  })
}
