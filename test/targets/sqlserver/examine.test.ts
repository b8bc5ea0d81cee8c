import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Credential } from '../../../core/secret/credential.ts'
import { call, populate, target, users, writer } from './fixture.ts'
import { startTdsStub } from './tds-stub.ts'

const stub = await startTdsStub()
afterAll(() => stub.stop())
let current: Credential
beforeEach(() => {
  current = populate(stub)
  stub.override = () => undefined
})
const found = async (more: object = {}) => {
  const findings = await target({ endpoints: [writer(stub)], ...more }).examine(current, call())
  return findings.map(({ kind, weight, remedy }) => [kind, weight, remedy])
}
const insecure = ['insecure-tls', 'warns', undefined]

test('a healthy pair: only that TLS is disabled', async () => {
  expect(await found()).toEqual([insecure])
})

test('what each login may be, with the statement that mends it', async () => {
  Object.assign(stub.logins.get(users[0])!, { expires: true })
  Object.assign(stub.logins.get(users[1])!, { disabled: true, locked: true, noPolicy: true })
  expect(await found()).toEqual([
    insecure,
    ['password-expires', 'warns', "ALTER LOGIN [app]]a'] WITH CHECK_EXPIRATION = OFF;"],
    ['login-disabled', 'blocks', "ALTER LOGIN [app]]b'] ENABLE;"],
    [
      'login-locked',
      'blocks',
      "ALTER LOGIN [app]]b'] WITH CHECK_POLICY = OFF; ALTER LOGIN [app]]b'] WITH CHECK_POLICY = ON;",
    ],
    ['policy-off', 'warns', undefined],
  ])
})

test('a missing twin, a privileged login', async () => {
  stub.logins.delete(users[1])
  stub.logins.get(users[0])!.privileged = true
  expect(await found()).toEqual([
    insecure,
    ['unsupported-login', 'blocks', undefined],
    ['twin-missing', 'blocks', "CREATE LOGIN [app]]b'] WITH PASSWORD = N'<random>';"],
  ])
  expect((await found({ contained: true })).at(-1)![2]).toMatch(/^CREATE USER /)
})

test('an admin without rights, and none at all', async () => {
  stub.override = text => (text.includes(' AS asker') ? [{ asker: 'rotator', may: 0, sees: 0 }] : undefined)
  expect(await found()).toEqual([
    insecure,
    ['admin-rights', 'blocks', 'GRANT ALTER ANY LOGIN TO [rotator];'],
    ['sessions-hidden', 'warns', 'GRANT VIEW SERVER STATE TO [rotator];'],
  ])
  expect(await found({ admin: undefined })).toEqual([insecure, ['admin-missing', 'blocks', undefined]])
})
