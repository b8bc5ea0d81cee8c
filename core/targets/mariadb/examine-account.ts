/**
 * What is wrong with one account.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { account } from '../mysql-wire/quote.ts'
import { type AccountFacts, PLUGIN_ADVICE, unsupportedKind, unsupportedMethods } from './accounts.ts'
import { NATIVE } from './methods.ts'
import type { Context } from './options.ts'

export function* examineAccount(context: Context, facts: AccountFacts, current: string): Iterable<Finding> {
  const name = account(facts)
  const kind = unsupportedKind(facts)
  if (kind !== undefined) return yield blocks('unsupported-login', `${name} is not rotated: ${kind}.`)
  const plugin = unsupportedMethods(facts.methods)
  if (plugin !== undefined)
    return yield blocks('unsupported-plugin', `${name} is not rotated: ${plugin}.`, { remedy: PLUGIN_ADVICE })
  if (facts.methods.some(({ stored }) => stored === ''))
    yield blocks('no-password', `${name} lets anybody in without a password.`, {
      remedy: `ALTER USER ${name} IDENTIFIED VIA ${NATIVE} USING 'invalid';`,
    })
  if (facts.locked)
    yield blocks('account-locked', `${name} is locked. If nobody locked it on purpose, unlock it.`, {
      remedy: `ALTER USER ${name} ACCOUNT UNLOCK;`,
    })
  if (facts.expired && facts.user === current)
    yield blocks('password-expired', `The password of ${name} has expired: sessions can do nothing but change it.`, {
      remedy: `ALTER USER ${name} PASSWORD EXPIRE NEVER;`,
    })
  if (facts.methods.length > 1) yield severalPasswords(context, name, facts.methods.length)
}

function severalPasswords({ strategy, admin }: Context, name: string, count: number): Finding {
  const remedy = `ALTER USER ${name} IDENTIFIED VIA ${NATIVE} USING '<hash of current>';`
  if (strategy === 'dual-password' && count === 2)
    return warns(
      'second-password',
      `${name} has two passwords. After a rotation that is so until the old one is retired.`,
    )
  const finding = strategy === 'alternating-users' || (count === 2 && admin !== undefined) ? warns : blocks
  return finding('second-password', `${name} has ${count} passwords, each of which lets in.`, { remedy })
}

/** The same host parts as the login it is to be like; a person gives it the grants. */
export function missing(models: readonly AccountFacts[], name: string, current: string): Finding {
  const hosts = models.length === 0 ? ['%'] : models.map(({ host }) => host)
  return name === current
    ? blocks('login-missing', `The login ${name} has no account on the configured hosts.`)
    : blocks(
        'twin-missing',
        `The login ${name} does not exist. Create it, and grant it what ${current} has, best by a role.`,
        { remedy: hosts.map(host => createClosed(name, host)).join(' ') },
      )
}

/** Without IDENTIFIED it would let anybody in. */
export const createClosed = (user: string, host: string): string =>
  `CREATE USER ${account({ user, host })} IDENTIFIED VIA ${NATIVE} USING 'invalid';`
