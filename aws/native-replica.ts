/**
 * A replica that Secrets Manager keeps in another region: looked at there, and made a secret of its own when that region is to lead.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html and …/standalone-secret.html. The status that
 * the primary shows of a replica is documented for its creation alone; what it shows by now only its own region can say.
 * @module
 */
import { isRotationError, RotationError } from '../core/errors.ts'
import type { NativeReplica, ReplicaSight } from '../core/ports/native-replica.ts'
import type { Call, SecretId } from '../core/ports/secret-store.ts'
import { CURRENT } from './labels.ts'
import { sameStages } from './look.ts'
import type { Described, Requests } from './requests.ts'
import { holderOf } from './state.ts'

export class AwsNativeReplica implements NativeReplica {
  readonly #requests: Requests

  /** With a client of the replica's own region. */
  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** secretsmanager:DescribeSecret. Scheduled for deletion, or without a value: `refused`. */
  async look(id: SecretId, call: Call): Promise<ReplicaSight | undefined> {
    const described = await this.#describe(id, call)
    if (!described) return undefined
    const { version, from } = await this.#sight(described)
    if (described.deleted || version === undefined)
      throw new RotationError('refused', 'The copy is scheduled for deletion, or holds no value.', { at: id })
    return { version, ...(from !== undefined && { from }) }
  }

  /** secretsmanager:StopReplicationToReplica. It does not say whether a repetition is refused: so it is looked at again. */
  async detach(id: SecretId, call: Call): Promise<void> {
    const before = await this.look(id, call)
    if (!before) throw new RotationError('secret-not-found', 'There is no replica in this region.', { at: id })
    if (before.from === undefined) return
    try {
      await this.#requests.standAlone(await this.#idHere(id), call)
    } catch (error) {
      if (!isRotationError(error, 'refused', 'unknown')) throw error
      if ((await this.look(id, call))?.from !== undefined) throw error
    }
  }

  /** Whether all labels are where they are at the primary. What is absent or stands alone is not copied to: nothing is awaited there. */
  async shows(id: SecretId, stages: Described['stages'], call: Call): Promise<boolean> {
    const described = await this.#describe(id, call)
    if (!described || (await this.#sight(described)).from === undefined) return true
    return sameStages(described.stages, stages)
  }

  close(): void {
    this.#requests.close()
  }

  async #describe(id: SecretId, call: Call): Promise<Described | undefined> {
    return this.#requests.describe(await this.#idHere(id), call)
  }

  async #sight({ stages, primaryRegion }: Described): Promise<Partial<ReplicaSight>> {
    const version = holderOf(stages, CURRENT)
    const copied = primaryRegion !== undefined && primaryRegion !== (await this.#requests.region())
    return { ...(version && { version }), ...(copied && { from: primaryRegion }) }
  }

  /** The ARN of a replica is that of its primary with its own region. */
  async #idHere(id: SecretId): Promise<SecretId> {
    const [, head, rest] = /^(arn:[^:]*:secretsmanager:)[^:]*(:.*)$/.exec(id) ?? []
    return head === undefined ? id : `${head}${await this.#requests.region()}${rest}`
  }
}
