/**
 * Two logins that take turns must be alike: consumers get the one or the other.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { account } from '../mysql-wire/quote.ts'
import type { Description, Survey } from './survey.ts'

export function* examinePair({ accounts, descriptions }: Survey, current: string, twin: string): Iterable<Finding> {
  const of = (login: string) => accounts?.get(login) ?? []
  if (of(current).length === 0 || of(twin).length === 0) return
  const twinHosts = new Set(of(twin).map(({ host }) => host))
  for (const { host } of of(current)) {
    const other = account({ user: twin, host })
    if (!twinHosts.has(host))
      yield blocks('hosts-differ', `${twin} has no account for the host ${host}, ${current} has one.`, {
        remedy: `CREATE USER ${other} IDENTIFIED BY RANDOM PASSWORD;`,
      })
    const from = descriptions?.get(account({ user: current, host }))
    const to = descriptions?.get(other)
    if (from !== undefined && to !== undefined) yield* differences(from, to, account({ user: current, host }), other)
  }
}

function* differences(from: Description, to: Description, current: string, twin: string): Iterable<Finding> {
  const lacking = from.grants.filter(grant => !to.grants.includes(grant))
  const more = to.grants.filter(grant => !from.grants.includes(grant))
  if (lacking.length > 0)
    yield blocks(
      'grants-differ',
      `${twin} lacks grants of ${current}; consumers that are switched to it would miss them.`,
      {
        remedy: lacking.map(grant => `${withAccount(grant, twin)};`).join(' '),
      },
    )
  else if (more.length > 0)
    yield warns(
      'grants-differ',
      `${twin} has grants that ${current} lacks: whether they are there depends on which is live.`,
      {
        remedy: more.map(grant => `${withAccount(grant, current)};`).join(' '),
      },
    )
  if (from.defaultRole !== to.defaultRole || from.limits !== to.limits)
    yield warns('attributes-differ', `${current} and ${twin} differ in default roles, TLS or limits.`, {
      remedy: alike(from, to, twin).join(' '),
    })
}

/** Statements that give `twin` the default roles, TLS and limits of the other. Alike already: none. */
export function alike(from: Description, to: Description, twin: string): readonly string[] {
  const role = `ALTER USER ${twin} ${from.defaultRole === '' ? 'DEFAULT ROLE NONE' : from.defaultRole};`
  // what is not named is left as it is
  const extra = [...to.limits.matchAll(/MAX_\w+/g)].map(([name]) => name).filter(name => !from.limits.includes(name))
  const unlimited = extra.map(name => ` ${name} 0`).join('')
  const both = `${from.limits}${unlimited !== '' && !from.limits.includes(' WITH ') ? ' WITH' : ''}${unlimited}`
  return [
    ...(from.defaultRole === to.defaultRole ? [] : [role]),
    ...(from.limits === to.limits ? [] : [`ALTER USER ${twin} ${both};`]),
  ]
}

/** `GRANT … ON …` is followed by the account, and that by WITH GRANT OPTION or WITH ADMIN OPTION. */
export function withAccount(grant: string, name: string): string {
  const option = / WITH (?:GRANT|ADMIN) OPTION$/.exec(grant)?.[0] ?? ''
  return `${grant.slice(0, grant.length - option.length)} TO ${name}${option}`
}
