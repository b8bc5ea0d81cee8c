/** What the tests of this folder share: logins with fresh names on a shared server, and targets for them. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import {
  createPostgresTarget,
  type Endpoint,
  type PostgresTargetOptions,
} from '../../../core/targets/postgres/index.ts'
import { storedForm } from '../../../core/targets/postgres/verifier.ts'
import type { Postgres } from '../../stand/postgres.ts'

export const versions = [15, 16, 17, 18] as const

/** Every password that a test used: none may be seen anywhere. */
export const canaries: string[] = []

export function newPassword(): SecretValue {
  const text = `Canary/${randomBytes(12).toString('base64')}"+`
  canaries.push(text)
  return SecretValue.of(text)
}

export const credential = (username: string, password = newPassword()): Credential => ({ username, password })
export const withPassword = (username: string, text: string): Credential => credential(username, SecretValue.of(text))

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
  database: 'postgres',
  role: 'writer',
  ...more,
})

export const admin = (server: Postgres) => async () => withPassword('postgres', server.adminPassword)

export type TargetOptions = Partial<PostgresTargetOptions> & Pick<PostgresTargetOptions, 'endpoints'>

/** A single-user target without TLS, unless said otherwise. */
export const target = (options: TargetOptions): SettableTarget =>
  createPostgresTarget(
    { strategy: 'single-user', tls: { mode: 'disable' }, owner: 'lockstep:test/secret', ...options },
    clock,
  )

/** Creates a login without the server ever seeing its password. */
export async function createLogin(server: Postgres, username: string, attributes = ''): Promise<Credential> {
  const made = credential(username)
  await server.sql(`CREATE ROLE "${username}" LOGIN PASSWORD '${await storedForm(made, undefined)}' ${attributes}`)
  return made
}

export interface Pair {
  readonly users: readonly [string, string]
  readonly owner: string
  /** Of the first user. */
  readonly current: Credential
}

/** Two logins of one owner role, the second without a password. */
export async function createPair(server: Postgres): Promise<Pair> {
  const owner = freshName('owner')
  const users = [`${owner}_a`, `${owner}_b`] as const
  await server.sql(`CREATE ROLE ${owner}`)
  const current = await createLogin(server, users[0], `IN ROLE ${owner}`)
  await server.sql(`CREATE ROLE ${users[1]} LOGIN IN ROLE ${owner};
    ALTER ROLE ${users[0]} SET role = ${owner}; ALTER ROLE ${users[1]} SET role = ${owner}`)
  return { users, owner, current }
}

export const alternating = (
  server: Postgres,
  pair: Pair,
  options: Partial<PostgresTargetOptions> = {},
): SettableTarget =>
  target({
    strategy: 'alternating-users',
    users: pair.users,
    ownerRole: pair.owner,
    endpoints: [writer(server)],
    admin: admin(server),
    ...options,
  })

/** The error, which must be a RotationError of that code. */
export async function failure(action: Promise<unknown>, code: ErrorCode): Promise<RotationError> {
  const error = await action.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(`${(error as RotationError).code}`, (error as Error).message).toBe(code)
  return error as RotationError
}

/** Rows of a query as the superuser. */
export async function rows(server: Postgres, text: string, database?: string): Promise<Record<string, unknown>[]> {
  const client = await server.connect('postgres', server.adminPassword, database)
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
