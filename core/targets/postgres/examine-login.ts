/**
 * What is wrong with one login.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { foreignMark } from '../common/mark.ts'
import { mending } from './finding.ts'
import type { Context } from './options.ts'
import { identifier } from './quote.ts'
import { copySetting, createLogin, grantOwner, repairMissing, setRole } from './repair.ts'
import { type RoleFacts, unsupportedKind } from './role.ts'
import type { Survey } from './survey.ts'

/** `current` is the login that a missing one is modelled on. */
export function* examineLogin(context: Context, seen: Survey, name: string, current: string): Iterable<Finding> {
  const facts = seen.logins.get(name)
  if (facts === undefined) return yield missing(context, seen, name, current)
  const kind = unsupportedKind(facts, context.strategy)
  if (kind !== undefined) return yield blocks('unsupported-login', `${name} is not rotated: ${kind}.`)
  if (!facts.canLogin)
    yield blocks('twin-nologin', `${name} is NOLOGIN. If nobody locked it on purpose, unlock it.`, {
      remedy: `ALTER ROLE ${identifier(name)} LOGIN;`,
    })
  if (facts.expired)
    yield blocks(
      'valid-until',
      `VALID UNTIL of ${name} has passed: every login is refused, whatever the password.`,
      validity(name),
    )
  else if (facts.expiresSoon)
    yield warns(
      'valid-until',
      `VALID UNTIL of ${name} passes within 7 days; a new password does not extend it.`,
      validity(name),
    )
  if (foreignMark(facts.comment, context.owner) !== undefined && context.adopt !== true)
    yield blocks(
      'foreign-mark',
      `The comment on ${name} says that another configuration owns it. If that is gone: adopt it.`,
    )
  if (seen.owner !== undefined && seen.owner !== name) yield* ownership(context, seen, facts, seen.owner)
}

const validity = (name: string): Partial<Finding> => ({
  remedy: `ALTER ROLE ${identifier(name)} VALID UNTIL 'infinity';`,
})

function missing(context: Context, seen: Survey, name: string, current: string): Finding {
  const model = seen.logins.get(current)
  const create = createLogin(name, model?.connectionLimit ?? -1)
  const rest = [
    ...(seen.owner === undefined ? [] : [grantOwner(seen.owner, name, seen.version), setRole(seen.owner, name)]),
    ...(seen.settings.get(current) ?? []).map(setting => copySetting(name, setting)),
  ]
  return blocks('twin-missing', `The login ${name} does not exist.`, {
    remedy: `${[create, ...rest].join('; ')};`,
    ...(context.admin && { fix: repairMissing(context, name, create, rest) }),
  })
}

/** Whether every session of the login works as the owner. With a configured owner role `test` insists on it. */
function* ownership(context: Context, seen: Survey, { name }: RoleFacts, owner: string): Iterable<Finding> {
  const finding = context.ownerRole === undefined ? warns : blocks
  const { member, canSet } = seen.memberships.get(name) ?? { member: false, canSet: false }
  const grant = mending(context, name, [grantOwner(owner, name, seen.version)])
  if (!member)
    yield blocks(
      'membership-missing',
      `${name} is not a member of ${owner}: it logs in, with a warning only, and works as itself.`,
      grant,
    )
  else if (!canSet)
    yield blocks(
      'set-role-ineffective',
      `${name} is a member of ${owner} without the SET option: it cannot work as ${owner}.`,
      grant,
    )
  if (seen.setRoles.get(name) !== owner)
    yield finding(
      'set-role-missing',
      `Sessions of ${name} do not work as ${owner}: what it creates belongs to ${name}, and the other login cannot use it.`,
      mending(context, name, [setRole(owner, name)]),
    )
}
