/**
 * From a configuration to the members of one secret, and the one that a run acts for.
 * @module
 */
import type { Config, EpochsConfig, SecretConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { Clock, Duration } from '../ports/clock.ts'
import type { LeaderRegister } from '../ports/leader-register.ts'
import type { NativeReplica } from '../ports/native-replica.ts'
import type { Call } from '../ports/secret-store.ts'
import type { Member, MemberStore, Replication } from './replication.ts'

export interface ReplicationOpeners {
  register(epochs: EpochsConfig): LeaderRegister
  /** Of a store that Secrets Manager copies to. Absent: not from here. */
  native?(store: string): Promise<NativeReplica>
}

/** Of the leader's own store, and of the register when a run is wired. */
const PATIENCE: Duration = 30_000

export interface Place {
  /** The name of the store in the configuration. */
  readonly store: string
  readonly id: string
}

/** The members of a secret by name, the one that leads first at first. */
export const placesOf = ({ store, id, followers }: SecretConfig): ReadonlyMap<string, Place> =>
  new Map<string, Place>([[store, { store, id }], ...followers.map(each => [each.name, each] as const)])

/** Without followers: undefined. `member`: whom it acts for; default: who leads. */
export async function wireReplication(
  config: Config,
  secret: SecretConfig,
  openers: { store(name: string): Promise<MemberStore>; readonly replication?: ReplicationOpeners },
  clock: Clock,
  member?: string,
): Promise<{ readonly replication: Replication; readonly place: Place } | undefined> {
  if (secret.followers.length === 0) return undefined
  const register = registerOf(config, secret, openers.replication)
  const self = member ?? (await leaderNow(register, secret, clock))
  const place = placesOf(secret).get(self)
  if (!place) throw unknownMember(secret, self)
  const replication: Replication = {
    secret: secret.name,
    self,
    members: membersOf(secret, openers),
    register,
    acceptGap: secret.acceptGap,
  }
  return { replication, place }
}

function registerOf({ epochs }: Config, { name }: SecretConfig, openers: ReplicationOpeners | undefined) {
  if (epochs && openers) return openers.register(epochs)
  throw new RotationError('config-invalid', 'Followers of this secret cannot be reached from here.', { secret: name })
}

/** Nobody on record: the store that the configuration names. */
async function leaderNow(register: LeaderRegister, { name, store }: SecretConfig, clock: Clock): Promise<string> {
  const call: Call = { signal: new AbortController().signal, deadline: clock.now() + PATIENCE, run: {} }
  return (await register.read(name, call))?.leader ?? store
}

function membersOf(
  { store, id, followers }: SecretConfig,
  openers: { store(name: string): Promise<MemberStore>; readonly replication?: ReplicationOpeners },
): Member[] {
  const first: Member = {
    name: store,
    id,
    required: true,
    timeout: PATIENCE,
    fields: {},
    open: () => openers.store(store),
  }
  const others = followers.map(({ name, store, id, required, timeout, values, replica }): Member => {
    const native = openers.replication?.native
    return {
      ...{ name, id, required, timeout },
      fields: values,
      open: () => openers.store(store),
      ...(replica && native && { native: () => native(store) }),
    }
  })
  return [first, ...others]
}

const unknownMember = ({ name, store, followers }: SecretConfig, member: string): RotationError =>
  new RotationError('usage', `No member of ${name} is called ${member}.`, {
    secret: name,
    next: `Its members are: ${[store, ...followers.map(each => each.name)].join(', ')}.`,
  })
