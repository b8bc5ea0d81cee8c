/**
 * Two logins that take turns must be alike: consumers get the one or the other.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { account } from '../mysql-wire/quote.ts'
import { createClosed } from './examine-account.ts'
import type { Survey } from './survey.ts'

export function* examinePair({ accounts, grants }: Survey, current: string, twin: string): Iterable<Finding> {
  const of = (login: string) => accounts?.get(login) ?? []
  if (of(current).length === 0 || of(twin).length === 0) return
  for (const { host } of of(current)) {
    const [one, other] = [current, twin].map(user => account({ user, host })) as [string, string]
    if (!of(twin).some(facts => facts.host === host))
      yield blocks('hosts-differ', `${twin} has no account for the host ${host}, ${current} has one.`, {
        remedy: createClosed(twin, host),
      })
    const from = grants?.get(one)
    const to = grants?.get(other)
    if (from !== undefined && to !== undefined) yield* differences(from, to, one, other)
  }
}

function* differences(from: readonly string[], to: readonly string[], one: string, other: string): Iterable<Finding> {
  const lacking = from.filter(grant => !to.includes(grant))
  const more = to.filter(grant => !from.includes(grant))
  const giving = (grants: readonly string[], name: string) => ({
    remedy: grants.map(grant => `${grant.replace('?', () => name)};`).join(' '),
  })
  const advice = 'Grant everything to one role that both have, and it cannot happen again.'
  if (lacking.length > 0)
    yield blocks(
      'grants-differ',
      `${other} lacks grants of ${one}; consumers that are switched to it would miss them. ${advice}`,
      giving(lacking, other),
    )
  else if (more.length > 0)
    yield warns(
      'grants-differ',
      `${other} has grants that ${one} lacks: whether they are there depends on which is live. ${advice}`,
      giving(more, one),
    )
}
