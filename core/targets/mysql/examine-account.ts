/**
 * What is wrong with one account.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { account } from '../mysql-wire/quote.ts'
import { type AccountFacts, unsupportedKind } from './accounts.ts'
import type { Context } from './options.ts'

export function* examineAccount(context: Context, facts: AccountFacts, current: string): Iterable<Finding> {
  const name = account(facts)
  const kind = unsupportedKind(facts)
  if (kind !== undefined) return yield blocks('unsupported-login', `${name} is not rotated: ${kind}.`)
  if (facts.locked)
    yield blocks('account-locked', `${name} is locked. If nobody locked it on purpose, unlock it.`, {
      remedy: `ALTER USER ${name} ACCOUNT UNLOCK;`,
    })
  if (facts.expired && facts.user === current)
    yield blocks(
      'password-expired',
      `The password of ${name} has expired: nobody can log in. Given anew (ALTER USER … IDENTIFIED BY …), the same one is valid again.`,
    )
  if (facts.mark !== undefined && facts.mark !== context.owner && context.adopt !== true)
    yield blocks(
      'foreign-mark',
      `An attribute of ${name} says that another configuration owns it. If that is gone: adopt it.`,
    )
  if (facts.second !== undefined) yield secondPassword(context, name)
  if (facts.failedLogins > 0) yield lockedByGuesses(name, facts.failedLogins)
}

function secondPassword({ strategy }: Context, name: string): Finding {
  if (strategy === 'dual-password')
    return warns(
      'second-password',
      `${name} has two passwords. After a rotation that is so until the old one is retired.`,
    )
  const finding = strategy === 'single-user' ? blocks : warns
  return finding('second-password', `${name} has a second password, which this strategy does not need.`, {
    remedy: `ALTER USER ${name} DISCARD OLD PASSWORD;`,
  })
}

/** The proof that an old password has ended is one wrong login. */
const lockedByGuesses = (name: string, failedLogins: number): Finding =>
  (failedLogins === 1 ? blocks : warns)(
    'failed-login-attempts',
    `${failedLogins} wrong password${failedLogins === 1 ? ' locks' : 's in a row lock'} ${name}: a consumer that keeps trying an ended password locks out all the others.`,
    { remedy: `ALTER USER ${name} FAILED_LOGIN_ATTEMPTS 0 PASSWORD_LOCK_TIME 0;` },
  )

/** The same host parts as the login it is to be like; a person gives it the grants. */
export function missing(models: readonly AccountFacts[], name: string, current: string): Finding {
  const hosts = models.length === 0 ? ['%'] : models.map(({ host }) => host)
  const create = (host: string) => `CREATE USER ${account({ user: name, host })} IDENTIFIED BY RANDOM PASSWORD;`
  return name === current
    ? blocks('login-missing', `The login ${name} has no account on the configured hosts.`)
    : blocks('twin-missing', `The login ${name} does not exist. Create it, and grant it what ${current} has.`, {
        remedy: hosts.map(create).join(' '),
      })
}
