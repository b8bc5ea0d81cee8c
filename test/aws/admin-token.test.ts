/**
 * An admin that logs in with a token, on a real PostgreSQL that asks for it in clear inside TLS, as RDS does. The token is one that
 * we made; that RDS takes it was not tried.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { rdsIam } from '../../aws/admin-token.ts'
import { adminOpener } from '../../core/fleet/wire.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { createPostgresTarget } from '../../core/targets/postgres/index.ts'
import { alternating, loadSecret, postgres } from '../core/config/support.ts'
import { type Postgres, startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { call, createLogin, credential, writer } from '../targets/postgres/fixture.ts'
import { session } from './signer.ts'

// The admin in clear, as with rds_iam, and inside TLS only; the others by SCRAM.
const HBA = `hostssl all rotator all password
host all rotator all reject
local all all scram-sha-256
host all all all scram-sha-256
`

let server: Postgres | undefined
beforeAll(async () => {
  server = await requireServer(await startPostgres({ version: 18, tls: true, hba: HBA }))
}, 60_000)
afterAll(() => server?.stop())

const at = systemClock.now()
/** Of a length that tokens of roles have. */
const by = { ...session, sessionToken: 'x'.repeat(900) }

it('changes the other login, with a token of a thousand characters in the place of a password', async context => {
  if (!server) return context.skip()
  const { host, port, tls } = server
  const configured = loadSecret(
    alternating({
      target: postgres({
        endpoints: [{ host, port, database: 'postgres' }],
        admin: { token: 'rds-iam', user: 'rotator', region: 'eu-central-1' },
      }),
    }),
  ).target
  if (configured.kind !== 'postgres') throw new Error('It is one.')
  const caller = async () => ({ identity: async () => by, region: async () => 'eu-central-1' })
  const fetch = rdsIam({ now: () => at }, caller)
  const token = (await fetch({ user: 'rotator', host, port, region: 'eu-central-1' })).reveal()
  expect(token.length).toBeGreaterThan(1_000)
  await server.sql(
    `SET password_encryption = 'scram-sha-256'; CREATE ROLE rotator LOGIN CREATEROLE PASSWORD '${token}'`,
  )
  const current = await createLogin(server, 'app_a')
  await createLogin(server, 'app_b')
  await server.sql('GRANT app_a, app_b TO rotator WITH ADMIN OPTION; GRANT app_a TO app_b')

  let logins = 0
  const counted = async (login: Parameters<typeof fetch>[0]) => {
    logins++
    return fetch(login)
  }
  const sources = {
    store: () => Promise.reject(new Error('No store is asked.')),
    tokens: { 'rds-iam': async () => counted },
  }
  const target = createPostgresTarget(
    {
      strategy: 'alternating-users',
      users: ['app_a', 'app_b'],
      owner: 'lockstep:test/token',
      endpoints: [writer(server)],
      tls: { mode: 'verify-full', ca: tls!.ca },
      admin: adminOpener(configured, sources, systemClock),
    },
    systemClock,
  )
  const pending = credential('app_b')
  await target.set({ current, pending }, call())
  expect((await target.accepts(pending, call())).accepted).toEqual(['writer'])
  expect(logins).toBeGreaterThan(0)
}, 30_000)
