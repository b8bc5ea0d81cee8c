/**
 * Whether a target fits the managed service that it is on: passwords that the service takes, logins that are not its own, and no
 * proxy that would lock one of two users out.
 * @module
 */
import type { PasswordPolicy } from '../secret/generate.ts'
import { engines } from './engines.ts'
import { type PasswordLimits, type ProfileFacts, profileFacts } from './profiles.ts'
import type { Report } from './resolve-parts.ts'
import type { EngineTargetConfig, SecretConfig } from './types.ts'

export function checkProfile(secret: SecretConfig, target: EngineTargetConfig, report: Report): void {
  checkProxies(secret, target, report)
  const { profile, kind } = target
  if (profile === undefined) return
  const facts = profileFacts[profile]
  const path = ['secrets', secret.name]
  if (!Object.hasOwn(facts.engines, kind))
    report([...path, 'target', 'profile'], `does not go with ${engines[kind].title}: ${facts.title} has none`)
  const limits = facts.engines[kind]
  const where = `${facts.title} for ${engines[kind].title}`
  if (limits && !secret.manual)
    for (const says of passwordProblems(secret.password, limits, where)) report([...path, 'password'], says)
  checkOwn(secret, target, facts, report)
}

function* passwordProblems(policy: PasswordPolicy, limits: PasswordLimits, where: string): Iterable<string> {
  const { length, classes, specials, exclude, requireEach } = policy
  if (length < limits.shortest) yield `is too short: ${where} takes at least ${limits.shortest} characters`
  if (length > limits.longest) yield `is too long: ${where} takes at most ${limits.longest} characters`
  const possible = classes.includes('specials') ? [...specials].filter(each => !exclude.includes(each)) : []
  const refused = possible.filter(each => limits.forbidden.includes(each))
  if (refused.length > 0) yield `may hold ${refused.join(' ')}, which ${where} does not take; put it into exclude`
  if (limits.classes > 1 && (classes.length < limits.classes || !requireEach))
    yield `must hold ${limits.classes} of lower, upper, digits and specials, which ${where} wants`
}

function checkOwn(
  { name, user, users }: SecretConfig,
  target: EngineTargetConfig,
  facts: ProfileFacts,
  report: Report,
) {
  const path = ['secrets', name]
  const own = (login: string) => facts.own.test(login)
  const says = `is a login of ${facts.title} itself, which is never rotated`
  if (user !== undefined && own(user)) report([...path, 'user'], says)
  users?.forEach((each, index) => {
    if (own(each)) report([...path, 'users', index], says)
  })
  if (target.kind === 'postgres' && target.ownerRole !== undefined && own(target.ownerRole))
    report([...path, 'target', 'ownerRole'], `is a role of ${facts.title} itself, and owns nothing of an application`)
}

/** `NAME.proxy-ID.REGION.rds.amazonaws.com`, with further words in front for endpoints of its own. */
const RDS_PROXY = /\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com(\.cn)?$/i

/** It lets in whom its own list of secrets names, with what it reads there. */
function checkProxies({ name, strategy }: SecretConfig, { endpoints }: EngineTargetConfig, report: Report): void {
  for (const [index, { host, role }] of endpoints.entries()) {
    if (!RDS_PROXY.test(host)) continue
    const path = ['secrets', name, 'target', 'endpoints', index]
    if (role !== 'pooler') report([...path, 'role'], 'must be pooler: the host is an RDS Proxy')
    if (strategy === 'alternating-users')
      report(
        [...path, 'host'],
        'is an RDS Proxy, which knows one user for each secret on its list: a secret that names two in turn locks one of them out. Give each user a secret of its own (two secrets here, single-user), or let consumers log in at the proxy by IAM',
      )
  }
}
