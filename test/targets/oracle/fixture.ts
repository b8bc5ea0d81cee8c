/** What the tests of this folder share: a login on a stub of the driver, and targets for it. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { createOracleTarget, type Endpoint, type OracleTargetOptions } from '../../../core/targets/oracle/index.ts'
import { OracleStub } from './driver-stub.ts'

export const newPassword = (): SecretValue => SecretValue.of(`Canary'/${randomBytes(9).toString('base64')}\\;`)
export const LOGIN = '"App é"'
const ADMIN = 'Admin-canary-9'

export const credential = (text?: string): Credential => ({
  username: LOGIN,
  password: text === undefined ? newPassword() : SecretValue.of(text),
})
export const textOf = ({ password }: Credential): string => password.reveal()

export function populated(): { stub: OracleStub; current: Credential; user: ReturnType<OracleStub['add']> } {
  const stub = new OracleStub()
  const current = credential()
  stub.add('SYSTEM_ROTATOR', ADMIN)
  return { stub, current, user: stub.add('App é', textOf(current)) }
}

export const call = (stub: OracleStub, ms = 20_000, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: stub.now() + ms,
})

export const writer = (more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'writer',
  host: 'db.example',
  service: 'app.example',
  role: 'writer',
  ...more,
})

export const target = (stub: OracleStub, options: Partial<OracleTargetOptions> = {}): SettableTarget =>
  createOracleTarget(
    {
      strategy: 'dual-password',
      endpoints: [writer()],
      tls: { mode: 'verify-full' },
      owner: 'lockstep:test/secret',
      admin: async () => ({ username: 'system_rotator', password: SecretValue.of(ADMIN) }),
      ...options,
    },
    { now: stub.now, driver: async () => stub },
  )

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
