/**
 * What two logins that take turns need on top: an admin with the right to change them, and everything alike.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import { blocks, warns } from '../common/finding.ts'
import { mending } from './finding.ts'
import type { Context } from './options.ts'
import { identifier } from './quote.ts'
import { copySetting, setConnectionLimit } from './repair.ts'
import type { Survey } from './survey.ts'

/** Whether the admin may do what alternating users need. */
export function* examineRights(
  context: Context,
  { asker, version, logins }: Survey,
  names: readonly string[],
): Iterable<Finding> {
  if (context.admin === undefined || asker.superuser) return
  const me = identifier(asker.name)
  if (!asker.createRole)
    yield blocks('admin-rights', `The admin ${asker.name} lacks CREATEROLE.`, {
      remedy: `ALTER ROLE ${me} CREATEROLE;`,
    })
  for (const name of names.filter(each => logins.has(each) && !asker.adminOf.includes(each))) {
    const option = version >= 160000 ? 'ADMIN OPTION, INHERIT FALSE, SET FALSE' : 'ADMIN OPTION'
    const remedy = `GRANT ${identifier(name)} TO ${me} WITH ${option};`
    yield blocks(
      'admin-rights',
      `The admin ${asker.name} has no ADMIN option on ${name}, which PostgreSQL 16 and later want.`,
      { remedy },
    )
  }
  if (!asker.seesSessions)
    yield warns(
      'sessions-hidden',
      `The admin ${asker.name} cannot see who is still logged in with the previous login, so retirement stops.`,
      {
        remedy: `GRANT pg_read_all_stats TO ${me};`,
      },
    )
}

/** What belongs to the login itself and so does not come from the owner role. */
export function* examineDifferences(context: Context, seen: Survey, current: string, twin: string): Iterable<Finding> {
  const from = seen.logins.get(current)
  const to = seen.logins.get(twin)
  if (from === undefined || to === undefined) return
  if (seen.owner === undefined)
    yield warns(
      'owner-missing',
      `${current} and ${twin} have no role in common: rights and ownership depend on which is live. Configure an owner role.`,
    )
  const has = new Set(seen.settings.get(twin)?.map(setting => JSON.stringify(setting)))
  const lacking = (seen.settings.get(current) ?? []).filter(setting => !has.has(JSON.stringify(setting)))
  if (lacking.length > 0)
    yield warns(
      'settings-differ',
      `${twin} lacks settings of ${current}: ${lacking.map(({ name }) => name).join(', ')}.`,
      mending(
        context,
        twin,
        lacking.map(setting => copySetting(twin, setting)),
      ),
    )
  if (from.connectionLimit !== to.connectionLimit)
    yield warns(
      'connection-limit-differs',
      `${twin} has the connection limit ${to.connectionLimit}, ${current} ${from.connectionLimit} (-1: none).`,
      mending(context, twin, [setConnectionLimit(twin, from.connectionLimit)]),
    )
}
