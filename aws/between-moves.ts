/**
 * Two moves of labels in quick succession can leave replication to other regions stuck for good; it was seen, and is documented nowhere
 * (https://github.com/square/password-rotation-lambda/pull/12). So each move is awaited in the replicas’ own
 * regions before the next: what they show there are the labels too, as part of what is copied.
 * @module
 */
import { isRotationError } from '../core/errors.ts'
import type { Clock, Duration } from '../core/ports/clock.ts'
import type { Call, SecretId } from '../core/ports/secret-store.ts'
import type { AwsNativeReplica } from './native-replica.ts'
import type { Described } from './requests.ts'

type Stages = Described['stages']

/** Whether every replica shows these labels within the time. Never throws: what has moved has moved. */
export type BetweenMoves = (id: SecretId, stages: Stages, patience: Duration, call: Call) => Promise<boolean>

const FIRST_PAUSE: Duration = 100
const LONGEST_PAUSE: Duration = 1_000

/** `of`: the replicas that are configured for a secret. None: nothing is asked. */
export function betweenMoves(
  of: (id: SecretId) => Promise<readonly Pick<AwsNativeReplica, 'shows'>[]>,
  clock: Clock,
): BetweenMoves {
  return async (id, stages, patience, call) => {
    const until = clock.now() + patience
    const within: Call = { ...call, deadline: Math.min(call.deadline, until) }
    try {
      const replicas = await of(id)
      const shown = await Promise.all(replicas.map(replica => awaited(replica, id, stages, clock, within)))
      return !shown.includes(false)
    } catch {
      return false
    }
  }
}

async function awaited(
  replica: Pick<AwsNativeReplica, 'shows'>,
  id: SecretId,
  stages: Stages,
  clock: Clock,
  call: Call,
): Promise<boolean> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      if (await replica.shows(id, stages, call)) return true
    } catch (error) {
      // Waiting helps against neither a denial nor the end of the run.
      if (!isRotationError(error, 'store-unavailable', 'busy')) return false
    }
    if (clock.now() + pause >= call.deadline) return false
    await clock.sleep(pause, call.signal)
  }
}
