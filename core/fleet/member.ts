/**
 * Which member of each secret a deployment acts for. Every region deploys the same configuration; the one setting that differs is the
 * member's name, and who leads is read from the register, so that a fail-over needs no deployment.
 * @module
 */
import { didYouMean } from '../config/nearest.ts'
import { adminOf, type Config, type EngineTargetConfig, type SecretConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import { type Place, placesOf } from '../replication/wire.ts'

/** Undefined: the secret's own store. */
export type MemberName = string | undefined

export const memberIn = ({ store }: Pick<SecretConfig, 'store'>, member: MemberName): string => member ?? store

/** Where the deployment keeps it. */
export const placeIn = (secret: SecretConfig, member: MemberName): Place =>
  (member === undefined ? undefined : placesOf(secret).get(member)) ?? secret

/**
 * The secrets that have a member of this name: the others are another deployment's, a secret without followers that of its own store.
 * No secret has one: `config-invalid`, a slip of the pen would be a region that never takes over.
 */
export function ofMember(config: Config, member: MemberName): Config {
  if (member === undefined) return config
  const own = [...config.secrets].filter(([, secret]) => placesOf(secret).has(member))
  if (own.length > 0) return { ...config, secrets: new Map(own) }
  const known = [...new Set([...config.secrets.values()].flatMap(secret => [...placesOf(secret).keys()]))]
  throw new RotationError('config-invalid', `No secret has a member ${member}${didYouMean(member, known)}.`, {
    at: 'LOCKSTEP_MEMBER',
    next: `Name a store that leads, or a follower: ${known.slice(0, 10).join(', ')}.`,
  })
}

/** An admin secret that has a copy at this member is read from there: the leader's store may be what was lost. */
export function adminAt<Target extends EngineTargetConfig>(target: Target, config: Config, member: MemberName): Target {
  const admin = adminOf(target)
  const secret = admin?.secret === undefined ? undefined : config.secrets.get(admin.secret)
  if (!admin || !secret) return target
  const { store, id } = placeIn(secret, member)
  return { ...target, admin: { ...admin, store, id } }
}
