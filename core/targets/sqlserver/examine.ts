/**
 * What stands in the way of a rotation, found by looking: for `plan`, `check` and `doctor`.
 * @module
 */
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import type { Credential } from '../../secret/credential.ts'
import { adminFindings, blocks, tlsFindings, warns } from '../common/finding.ts'
import { using } from '../common/logins.ts'
import { twinOf } from '../common/twin.ts'
import { openAdmin, openAdminIn, openSession } from './connect.ts'
import { factsQuery, loginFacts, unsupportedKind } from './login.ts'
import { type Context, changedServers, servers } from './options.ts'
import { identifier } from './quote.ts'
import type { Session } from './session.ts'
import { SEES_SESSIONS } from './sessions.ts'

/** The contract's `examine`, on every server that has logins of its own. */
export async function examine(context: Context, current: Credential, call: TargetCall): Promise<readonly Finding[]> {
  const names = [current.username, twinOf(context.users, current.username)]
  const found: Finding[] = [
    ...tlsFindings(context.tls, 'new passwords stand in the statements, and can be read on the way.'),
    ...adminFindings('alternating-users', context.admin),
  ]
  for (const endpoint of changedServers(context)) {
    const open = context.admin ? openAdmin(context, call, endpoint) : openSession(context, endpoint, current, call)
    await using(open, async session => {
      if (context.admin) found.push(...(await mayChange(session, context)))
      // metadata of another login is hidden from current
      for (const name of context.admin ? names : names.slice(0, 1))
        found.push(...(await examineLogin(session, context, name)))
    })
  }
  if (context.admin)
    for (const endpoint of servers(context))
      found.push(...(await using(openAdminIn(endpoint.database, context, call, endpoint), seesSessions)))
  return found
}

async function mayChange(session: Session, context: Context): Promise<readonly Finding[]> {
  const contained = context.contained === true
  const right = contained ? 'ALTER ANY USER' : 'ALTER ANY LOGIN'
  // Azure SQL has a role for it instead, which cannot be asked about
  const may = contained
    ? `HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER ANY USER')`
    : `CASE WHEN SERVERPROPERTY('EngineEdition') = 5 THEN 1 ELSE HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN') END`
  const [row] = await session.query(`SELECT ${contained ? 'USER_NAME()' : 'ORIGINAL_LOGIN()'} AS asker, ${may} AS may`)
  if (row?.may === 1) return []
  const remedy = `GRANT ${right} TO ${identifier(String(row?.asker))};`
  return [blocks('admin-rights', `${session.endpoint.name}: the admin lacks ${right}.`, { remedy })]
}

async function seesSessions(session: Session): Promise<readonly Finding[]> {
  const [row] = await session.query(`SELECT ORIGINAL_LOGIN() AS asker, ${SEES_SESSIONS} AS sees`)
  if (row?.sees === 1) return []
  const explanation = 'the admin cannot see who is still logged in with the previous login, so retirement stops.'
  return [
    warns('sessions-hidden', `${session.endpoint.name}: ${explanation}`, {
      remedy: `GRANT VIEW SERVER STATE TO ${identifier(String(row?.asker))};`,
    }),
  ]
}

async function examineLogin(session: Session, context: Context, name: string): Promise<readonly Finding[]> {
  const at = session.endpoint.name
  const quoted = identifier(name)
  const facts = loginFacts((await session.query(factsQuery(context, name)))[0])
  if (facts === undefined) return [missing(at, context, name)]
  const kind = unsupportedKind(facts)
  if (kind !== undefined) return [blocks('unsupported-login', `${at}: ${name} is not rotated: ${kind}.`)]
  const findings: Finding[] = []
  if (facts.disabled)
    findings.push(
      blocks('login-disabled', `${at}: ${name} is disabled. If nobody disabled it on purpose, enable it.`, {
        remedy: `ALTER LOGIN ${quoted} ENABLE;`,
      }),
    )
  if (facts.locked)
    findings.push(
      blocks('login-locked', `${at}: ${name} is locked out by failed logins; a new password does not unlock it.`, {
        remedy: `ALTER LOGIN ${quoted} WITH CHECK_POLICY = OFF; ALTER LOGIN ${quoted} WITH CHECK_POLICY = ON;`,
      }),
    )
  if (facts.expires)
    findings.push(
      warns(
        'password-expires',
        `${at}: the password of ${name} expires by the policy (CHECK_EXPIRATION)${facts.mustChange ? ', and has' : ''}: rotate more often than that, or turn it off.`,
        { remedy: `ALTER LOGIN ${quoted} WITH CHECK_EXPIRATION = OFF;` },
      ),
    )
  if (!facts.policy)
    findings.push(
      warns('policy-off', `${at}: failed logins do not lock ${name} out, and any password is taken (CHECK_POLICY).`),
    )
  return findings
}

/** Text for people only: what a login may do is theirs to decide, and its password goes with the statement that creates it. */
function missing(at: string, { contained, users }: Context, name: string): Finding {
  const other = identifier(users?.find(user => user !== name) ?? '')
  const create = contained === true ? `CREATE USER ${identifier(name)}` : `CREATE LOGIN ${identifier(name)}`
  return blocks(
    'twin-missing',
    `${at}: there is no ${contained === true ? 'user' : 'login'} ${name} with a password. It needs all that ${other} may do.`,
    { remedy: `${create} WITH PASSWORD = N'<random>';` },
  )
}
