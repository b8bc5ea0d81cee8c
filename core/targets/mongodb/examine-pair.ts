/**
 * What two users that take turns must have alike: MongoDB has no role above both, so each has its own of everything.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import type { Context } from './options.ts'
import { grantRoles } from './repair.ts'
import { MARK, type Role, type UserFacts } from './users.ts'

const named = ({ role, db }: Role): string => `${role}@${db}`

export function* examineDifferences(context: Context, current: UserFacts, twin: UserFacts): Iterable<Finding> {
  const without = (roles: readonly Role[], others: readonly Role[]) => {
    const known = new Set(others.map(named))
    return roles.filter(role => !known.has(named(role)))
  }
  const lacking = without(current.roles, twin.roles)
  if (lacking.length > 0)
    yield blocks(
      'roles-differ',
      `${twin.name} lacks roles of ${current.name}: ${lacking.map(named).join(', ')}.`,
      grantRoles(context, twin.name, lacking),
    )
  const more = without(twin.roles, current.roles)
  if (more.length > 0)
    yield warns('roles-differ', `${twin.name} has roles that ${current.name} lacks: ${more.map(named).join(', ')}.`, {
      remedy: grantRoles(context, current.name, more).remedy!,
    })
  yield* differences(context, current, twin)
}

function* differences(context: Context, current: UserFacts, twin: UserFacts): Iterable<Finding> {
  const set = (field: string, value: unknown) => ({
    remedy: `db.getSiblingDB(${JSON.stringify(context.authSource)}).updateUser(${JSON.stringify(twin.name)}, ${JSON.stringify({ [field]: value })})`,
  })
  const { restrictions = [], mechanisms = [] } = current
  if (!alike(restrictions, twin.restrictions ?? []))
    yield blocks(
      'restrictions-differ',
      `${twin.name} may log in from other addresses than ${current.name}, so its consumers may be refused.`,
      set('authenticationRestrictions', restrictions),
    )
  if (!alike(mechanisms, twin.mechanisms ?? []))
    yield (mechanisms.every(one => twin.mechanisms?.includes(one)) ? warns : blocks)(
      'mechanisms-differ',
      `${twin.name} logs in by ${twin.mechanisms?.join(' and ')}, ${current.name} by ${mechanisms.join(' and ')}.`,
      // more than a user has takes a new password, which the first rotation brings
      set('mechanisms', mechanisms),
    )
  const people = ({ customData: { [MARK]: _, ...rest } }: UserFacts) => rest
  if (!isDeepStrictEqual(people(current), people(twin)))
    yield warns('custom-data-differs', `customData of ${twin.name} is not that of ${current.name}.`)
}

/** Lists in any order. */
const alike = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  isDeepStrictEqual(sorted(some), sorted(others))

const sorted = (list: readonly unknown[]): readonly string[] => list.map(one => JSON.stringify(one)).sort()
