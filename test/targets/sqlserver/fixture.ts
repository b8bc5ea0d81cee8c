/** What the tests of this folder share: a pair of logins on a stub, and targets for it. */
import { randomBytes } from 'node:crypto'
import tedious from 'tedious'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import {
  createSqlServerTarget,
  type Endpoint,
  type SqlServerTargetOptions,
} from '../../../core/targets/sqlserver/index.ts'
import type { TdsStub } from './tds-stub.ts'

const { Connection, Request } = tedious

/** Names that need quoting. */
export const users = ["app]a'", "app]b'"] as const
export const ADMIN = 'Admin-canary-9'

export const newPassword = (): SecretValue => SecretValue.of(`Canary'/${randomBytes(9).toString('base64')}]`)
export const credential = (username: string, password = newPassword()): Credential => ({ username, password })

export const call = (ms = 20_000, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: Date.now() + ms,
})

/** The first user holds a password; the second one holds one that nobody knows. */
export function populate(...stubs: readonly TdsStub[]): Credential {
  const current = credential(users[0])
  for (const { logins } of stubs) {
    logins.clear()
    logins.set('sa', { password: ADMIN })
    logins.set(users[0], { password: current.password.reveal() })
    logins.set(users[1], { password: newPassword().reveal() })
  }
  return current
}

export const writer = ({ host, port }: { host: string; port: number }, more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'writer',
  host,
  port,
  database: 'app',
  role: 'writer',
  ...more,
})

export const target = (
  options: Partial<SqlServerTargetOptions> & Pick<SqlServerTargetOptions, 'endpoints'>,
): SettableTarget =>
  createSqlServerTarget(
    {
      strategy: 'alternating-users',
      users,
      tls: { mode: 'disable' },
      owner: 'lockstep:test/secret',
      admin: async () => credential('sa', SecretValue.of(ADMIN)),
      ...options,
    },
    { now: () => Date.now() },
  )

export const textOf = ({ password }: Credential): string => password.reveal()

/** The error, which must be a RotationError of that code. */
export async function failure(action: Promise<unknown>, code: ErrorCode): Promise<RotationError> {
  const error = await action.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(`${(error as RotationError).code}`, (error as Error).message).toBe(code)
  expect(JSON.stringify(error)).not.toContain('anary')
  return error as RotationError
}

/** ASCII as UTF-16, which is what a batch is sent in. */
export const onTheWire = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1')

/** A consumer's own session, by the same driver. */
export async function connect(stub: TdsStub, { username, password }: Credential) {
  const connection = new Connection({
    server: stub.host,
    authentication: { type: 'default', options: { userName: username, password: password.reveal() } },
    options: { port: stub.port, encrypt: false, trustServerCertificate: true },
  })
  connection.on('error', () => {})
  await new Promise<void>((done, refused) => connection.connect(error => (error ? refused(error) : done())))
  return {
    use: () =>
      new Promise<void>((done, refused) =>
        connection.execSqlBatch(new Request('SELECT 1', error => (error ? refused(error) : done()))),
      ),
    close: async () => connection.close(),
  }
}
