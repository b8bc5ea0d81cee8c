/** What the tests of this folder share: logins with fresh names on a shared server, and targets for them. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { createMysqlTarget, type Endpoint, type MysqlTargetOptions } from '../../../core/targets/mysql/index.ts'
import { text } from '../../../core/targets/mysql-wire/quote.ts'
import type { Mysql } from '../../stand/mysql.ts'

export const strategies = ['dual-password', 'alternating-users', 'single-user'] as const

/** Every password that a test used: none may be seen anywhere. */
export const canaries: string[] = []

export function newPassword(): SecretValue {
  const value = `Canary/${randomBytes(12).toString('base64')}"+`
  canaries.push(value)
  return SecretValue.of(value)
}

export const credential = (username: string, password = newPassword()): Credential => ({ username, password })
export const withPassword = (username: string, value: string): Credential => credential(username, SecretValue.of(value))

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

export const admin = (server: Mysql) => async () => withPassword('root', server.adminPassword)

/** A dual-password target over TLS, unless said otherwise. */
export const target = (server: Mysql, options: Partial<MysqlTargetOptions> = {}): SettableTarget =>
  createMysqlTarget(
    {
      strategy: 'dual-password',
      endpoints: [writer(server)],
      tls: server.tls ? { mode: 'verify-full', ca: server.tls.ca } : { mode: 'disable' },
      owner: 'lockstep:test/secret',
      ...options,
    },
    clock,
  )

/** Creates an account that may keep two passwords. */
export async function createLogin(
  server: Mysql,
  username: string,
  { attributes = '', host = '%', password = newPassword(), dual = true } = {},
): Promise<Credential> {
  const name = `${text(username)}@${text(host)}`
  await server.sql(`CREATE USER ${name} IDENTIFIED BY ${text(password.reveal())} ${attributes}`)
  if (dual) await server.sql(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${name}`)
  return { username, password }
}

export interface Pair {
  readonly users: readonly [string, string]
  /** Of the first user. */
  readonly current: Credential
}

/** Two logins with the same grants, the second with a password that nobody knows. */
export async function createPair(server: Mysql): Promise<Pair> {
  const users = [freshName('pair_a'), freshName('pair_b')] as const
  const current = await createLogin(server, users[0], { dual: false })
  await createLogin(server, users[1], { dual: false })
  return { users, current }
}

export const alternating = (server: Mysql, pair: Pair, options: Partial<MysqlTargetOptions> = {}): SettableTarget =>
  target(server, { strategy: 'alternating-users', users: pair.users, admin: admin(server), ...options })

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

/** Who can log in on the server, asked without the engine. */
export async function letsIn(server: Mysql, { username, password }: Credential): Promise<boolean> {
  try {
    await (await server.connect(username, password.reveal())).end()
    return true
  } catch (error) {
    if ((error as { errno?: number }).errno === 1045) return false
    throw error
  }
}
