/**
 * A user of ElastiCache, by its API: what is known of it, and its list of passwords, which is always written as a whole.
 * Permissions: elasticache:DescribeUsers, elasticache:ModifyUser.
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyUser.html
 * @module
 */
import { type ErrorCode, RotationError } from '../../core/errors.ts'
import type { Clock, Duration } from '../../core/ports/clock.ts'
import type { TargetCall } from '../../core/ports/rotation-target.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import { type QueryApi, query, Refusal } from './query-api.ts'

export interface UserApi extends QueryApi, Clock {
  /** Between two looks at a change, in milliseconds; a second if left out. */
  readonly poll?: Duration | undefined
}

export interface CacheUser {
  readonly name: string
  /** `active`, `modifying`, `deleting`. */
  readonly status: string
  /** `password`, `no-password`, `iam`. */
  readonly authentication: string
  /** How many there are; which ones nobody is told. */
  readonly passwords: number
}

/** No such user: undefined. */
export async function describeUser(api: QueryApi, id: string, call: TargetCall): Promise<CacheUser | undefined> {
  try {
    const xml = await query(api, 'DescribeUsers', { UserId: id }, call, false)
    const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
    const [name, status] = [field('UserName'), field('Status')]
    return name === ''
      ? undefined
      : { name, status, authentication: field('Type'), passwords: Number(field('PasswordCount')) }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'UserNotFound') return undefined
    throw mapped(error, 'DescribeUsers')
  }
}

/** Gives the user these passwords and no other, one or two, and waits until the caches have them: see `active`. */
export async function setPasswords(
  api: UserApi,
  id: string,
  passwords: readonly SecretValue[],
  call: TargetCall,
): Promise<void> {
  const fields = passwords.map((password, i) => [`Passwords.member.${i + 1}`, password.reveal()])
  try {
    await query(api, 'ModifyUser', { UserId: id, ...Object.fromEntries(fields) }, call, true)
  } catch (error) {
    throw mapped(error, 'ModifyUser')
  }
  await active(api, id, call)
}

const POLL = 1000

/** Changes take seconds. Not active in time: `target-busy`, and whatever was asked for may still come. */
export async function active(api: UserApi, id: string, call: TargetCall): Promise<CacheUser> {
  const { poll = POLL } = api
  for (;;) {
    const user = await describeUser(api, id, call)
    if (user === undefined) throw noUser()
    if (user.status === 'active') return user
    if (api.now() + poll >= call.deadline || user.status !== 'modifying')
      throw new RotationError('target-busy', `ElastiCache has the user as ${known(user.status)}, not as active.`, {
        next: 'Run the same command again when it is active.',
      })
    await api.sleep(poll, call.signal).catch(() => {
      throw new RotationError('aborted', 'The run was interrupted.')
    })
  }
}

export const noUser = (): RotationError =>
  new RotationError('identity-mismatch', 'ElastiCache has no such user.', {
    next: 'Compare the user in the configuration with `aws elasticache describe-users`.',
  })

const known = (status: string): string => (/^[a-z-]{1,30}$/.test(status) ? status : 'something else')

const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  UserNotFound: ['identity-mismatch', 'ElastiCache has no such user.'],
  InvalidUserState: ['target-busy', 'Another change of the user is under way at ElastiCache.'],
  InvalidParameterValue: ['value-rejected', 'ElastiCache refused the new password by its rules.'],
  InvalidParameterCombination: [
    'unsupported',
    'ElastiCache refused it for this user: it may be one without passwords.',
  ],
  Throttling: ['target-busy', 'ElastiCache throttles requests.'],
  ThrottlingException: ['target-busy', 'ElastiCache throttles requests.'],
}

function mapped(error: unknown, action: string): unknown {
  if (!(error instanceof Refusal)) return error
  const { code: foreign, status } = error
  const found = codes[foreign]
  if (found !== undefined) return new RotationError(found[0], found[1], { foreign })
  if (status === 403 || /AccessDenied|NotAuthorized|Unauthorized/.test(foreign))
    return new RotationError('access-denied', `elasticache:${action} is not allowed.`, {
      foreign,
      next: `Allow elasticache:${action} on the user, and on its user groups for ModifyUser.`,
    })
  return new RotationError('refused', `ElastiCache did not accept ${action}.`, { foreign })
}
