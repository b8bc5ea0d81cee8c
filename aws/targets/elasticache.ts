/**
 * A user of ElastiCache with two passwords (role-based access control): its API adds the new one while the old one stays, and ends
 * the old one when nobody can hold it any more. Caches cannot be told: their own ACL commands are switched off. Whether a
 * password lets in is tried at the cache itself, by the logins of the Redis target.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Finding, SettableTarget, TargetCall } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { active, type CacheUser, describeUser, setPasswords, type UserApi } from './elasticache-users.ts'

export interface ElasticacheOptions {
  /** `arn:aws:elasticache:eu-central-1:123456789012:user:orders`, as a secret of the template has it in `user_arn`. */
  readonly user: string
  /** At every endpoint of the cache where consumers log in: a Redis target without an admin. */
  readonly logins: Pick<SettableTarget, 'endpoints' | 'test' | 'accepts'>
}

/** Not the ARN of a user: `config-invalid`. */
export function createElasticacheTarget(
  { user, logins }: ElasticacheOptions,
  deps: Pick<UserApi, 'identity' | 'now' | 'sleep' | 'endpoint' | 'poll'>,
): SettableTarget {
  const { region, id } = parseUser(user)
  const api: UserApi = { service: 'elasticache', version: '2015-02-02', region, ...deps }
  const accepted = async (credential: Credential, call: TargetCall) => (await logins.accepts(credential, call)).accepted

  /** Current logs in everywhere first: who does not hold it changes nothing, whatever the API allows. */
  async function begin(current: Credential, call: TargetCall): Promise<CacheUser> {
    const { refused } = await logins.accepts(current, call)
    if (refused.length > 0)
      throw new RotationError('auth-failed', 'The cache refused the current password.', { at: refused[0] })
    const found = await active(api, id, call)
    if (found.name !== current.username)
      throw new RotationError('identity-mismatch', 'The user of the API has another name than the current version.')
    return found
  }

  return {
    kind: 'settable',
    engine: 'elasticache',
    strategy: 'dual-password',
    overlap: 'both-valid',
    endpoints: logins.endpoints,
    nextUsername: current => current.username,
    test: (credential, call) => logins.test(credential, call),
    accepts: (credential, call) => logins.accepts(credential, call),
    examine: async (_, call) => [...findings(await describeUser(api, id, call))],

    async set({ current, pending }, call) {
      requireSameLogin(current, pending)
      requireSuitable(pending)
      const { passwords } = await begin(current, call)
      if (pending.password.equals(current.password)) return
      if (passwords > 1) {
        if ((await accepted(pending, call)).length > 0) return
        throw notOurs()
      }
      await setPasswords(api, id, [pending.password, current.password], call)
    },

    async end({ previous, current }, call) {
      requireSameLogin(current, previous)
      if (previous.password.equals(current.password))
        throw new RotationError('refused', 'The previous version holds the password that current holds.')
      const { passwords } = await begin(current, call)
      const works = (await accepted(previous, call)).length > 0
      if (passwords > 1 && !works) throw notOurs()
      if (passwords > 1 || works) await setPasswords(api, id, [current.password], call)
      const still = await accepted(previous, call)
      if (still.length > 0)
        throw new RotationError('still-accepted', 'The ended credential was still accepted.', { at: still.join(', ') })
    },
  }
}

function parseUser(arn: string): { readonly region: string; readonly id: string } {
  const [, region, id] = /^arn:aws[a-z-]*:elasticache:([a-z0-9-]+):\d{12}:user:([A-Za-z0-9-]{1,40})$/.exec(arn) ?? []
  if (region !== undefined && id !== undefined) return { region, id }
  throw new RotationError('config-invalid', 'The user of an ElastiCache target must be the ARN of a user.')
}

function requireSameLogin(current: Credential, other: Credential): void {
  if (other.username !== current.username)
    throw new RotationError('identity-mismatch', 'The version names another user than current.')
}

/** The service's rule, before anything is sent: 16 to 128 printable characters. */
function requireSuitable({ password }: Credential): void {
  const { byteLength } = password
  if (byteLength >= 16 && byteLength <= 128) return
  throw new RotationError('value-rejected', 'A password of ElastiCache has 16 to 128 characters; it was not sent.')
}

/** The service keeps two, and tells nobody which: one more would end one that somebody may use. */
const notOurs = (): RotationError =>
  new RotationError('not-ours', 'The user has a second password that this rotation does not know.', {
    next: 'Find who set it. If nobody needs it: `aws elasticache modify-user` with the password of current alone.',
  })

function* findings(user: CacheUser | undefined): Iterable<Finding> {
  const found = (kind: string, weight: Finding['weight'], explanation: string): Finding => ({
    kind,
    weight,
    explanation,
  })
  if (user === undefined) return yield found('login-missing', 'blocks', 'ElastiCache has no such user.')
  if (user.authentication !== 'password')
    yield found('no-password', 'blocks', 'The user logs in without a password, or by IAM: there is nothing to rotate.')
  if (user.status !== 'active')
    yield found('login-busy', 'blocks', 'The user is being changed or deleted at ElastiCache.')
  if (user.passwords > 1)
    yield found(
      'second-password',
      'warns',
      'The user has two passwords. After a rotation that is so until the old one is retired.',
    )
}
