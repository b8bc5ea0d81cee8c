/** What the tests of this folder share: logins with fresh names on a shared server, and targets for them. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { nativeHash } from '../../../core/targets/mariadb/hash.ts'
import { createMariadbTarget, type Endpoint, type MariadbTargetOptions } from '../../../core/targets/mariadb/index.ts'
import { text } from '../../../core/targets/mysql-wire/quote.ts'
import type { Mariadb } from '../../stand/mariadb.ts'

export const versions = ['10.5', '10.11', '11.8'] as const
export const strategies = ['dual-password', 'alternating-users', 'single-user'] as const

/** All begin with `Canary/`, which may be seen nowhere. */
export const newPassword = (): SecretValue => SecretValue.of(`Canary/${randomBytes(12).toString('base64')}"+`)

export const credential = (username: string, password = newPassword()): Credential => ({ username, password })
export const withPassword = (username: string, value: string): Credential => credential(username, SecretValue.of(value))
/** Another password for the same login. */
export const next = ({ username }: Credential): Credential => credential(username)

let count = 0
export const freshName = (prefix: string): string => `${prefix}_${process.pid}_${++count}`

export const call = (ms = 20_000, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: Date.now() + ms,
})

export const clock = { now: () => Date.now() }

export const writer = (server: { host: string; port: number }, more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'writer',
  host: server.host,
  port: server.port,
  role: 'writer',
  ...more,
})

export const admin = (server: Mariadb) => async () => withPassword('root', server.adminPassword)

/** A dual-password target with an admin, over TLS if the server has it, unless said otherwise. */
export const target = (server: Mariadb, options: Partial<MariadbTargetOptions> = {}): SettableTarget =>
  createMariadbTarget(
    {
      strategy: 'dual-password',
      endpoints: [writer(server)],
      tls: server.tls ? { mode: 'verify-full', ca: server.tls.ca } : { mode: 'disable' },
      admin: admin(server),
      owner: 'lockstep:test/secret',
      ...options,
    },
    clock,
  )

export const single = (server: Mariadb, options: Partial<MariadbTargetOptions> = {}): SettableTarget =>
  target(server, { strategy: 'single-user', admin: undefined, ...options })

/** `USING` and so on for a list of passwords. */
export const methods = (...passwords: readonly Credential[]): string =>
  `IDENTIFIED VIA ${passwords.map(one => `mysql_native_password USING '${nativeHash(one)}'`).join(' OR ')}`

/** Creates accounts without the server ever seeing their password. */
export async function createLogin(
  server: Mariadb,
  username: string,
  { attributes = '', hosts = ['%'], password = newPassword() } = {},
): Promise<Credential> {
  const made = { username, password }
  for (const host of hosts)
    await server.sql(`CREATE USER ${text(username)}@${text(host)} ${methods(made)} ${attributes}`)
  return made
}

export interface Pair {
  readonly users: readonly [string, string]
  /** Of the first user. */
  readonly current: Credential
}

/** Two logins without grants, the second with a password that nobody knows. */
export async function createPair(server: Mariadb): Promise<Pair> {
  const users = [freshName('pair_a'), freshName('pair_b')] as const
  const current = await createLogin(server, users[0])
  await createLogin(server, users[1])
  return { users, current }
}

export const alternating = (server: Mariadb, pair: Pair, options: Partial<MariadbTargetOptions> = {}): SettableTarget =>
  target(server, { strategy: 'alternating-users', users: pair.users, ...options })

/** The error, which must be a RotationError of that code. */
export async function failure(action: Promise<unknown>, code: ErrorCode): Promise<RotationError> {
  const error = await action.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error, String((error as Error).stack)).toBeInstanceOf(RotationError)
  expect(`${(error as RotationError).code}`, (error as Error).message).toBe(code)
  return error as RotationError
}

/** Whether it can log in on the server, asked without the engine. */
export async function letsIn(server: Mariadb, { username, password }: Credential): Promise<boolean> {
  try {
    await (await server.connect(username, password.reveal())).end()
    return true
  } catch (error) {
    if ((error as { errno?: number }).errno === 1045) return false
    throw error
  }
}

/** Of several, in their order. */
export const letIn = async (server: Mariadb, ...credentials: readonly Credential[]): Promise<readonly boolean[]> =>
  Promise.all(credentials.map(each => letsIn(server, each)))

/** What the server says of an account, as `SHOW CREATE USER` puts it. */
export async function shown(server: Mariadb, username: string, host = '%'): Promise<string> {
  const [row] = await server.sql(`SHOW CREATE USER ${text(username)}@${text(host)}`)
  return String(Object.values(row ?? {})[0])
}
