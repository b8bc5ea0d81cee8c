import { expect, test } from 'vitest'
import type { OracleTargetOptions } from '../../../core/targets/oracle/index.ts'
import { call, populated, target } from './fixture.ts'

const HOUR = 3_600_000
type Populated = ReturnType<typeof populated>
const found = async ({ stub, current }: Populated, options: Partial<OracleTargetOptions> = {}) => {
  const findings = await target(stub, { grace: HOUR, ...options }).examine(current, call(stub))
  return findings.map(({ kind, weight, remedy }) => [kind, weight, remedy])
}

test('a healthy login: nothing', async () => {
  expect(await found(populated())).toEqual([])
})

test('no window: the statement that makes one as long as the grace', async () => {
  const world = populated()
  world.user.window = 0
  const remedy = 'ALTER PROFILE "APP_PROFILE" LIMIT PASSWORD_ROLLOVER_TIME 3;'
  expect(await found(world, { grace: 50 * HOUR })).toEqual([['rollover-disabled', 'blocks', remedy]])
  // which profile it is, a login does not see of itself
  const [[, , unnamed]] = (await found(world, { admin: undefined })) as [[string, string, string]]
  expect(unnamed).toBe('ALTER PROFILE <profile> LIMIT PASSWORD_ROLLOVER_TIME 1;')
})

test('the window is stated, and the grace must fit in', async () => {
  const { stub, current } = populated()
  const explained = async (grace: number | undefined) => {
    const findings = await target(stub, { grace }).examine(current, call(stub))
    return findings.map(({ weight, explanation }) => `${weight}: ${explanation}`)
  }
  expect(await explained(24 * HOUR)).toEqual([])
  expect(await explained(72 * HOUR)).toEqual([
    'blocks: Two passwords log in for 24 hours after a change (PASSWORD_ROLLOVER_TIME): less than the grace of 3 days.',
  ])
  expect(await explained(undefined)).toEqual([
    'warns: Two passwords log in for 24 hours after a change (PASSWORD_ROLLOVER_TIME): the grace must not be longer.',
  ])
})

test('a login that is locked, has expired, has two passwords, remembers them; plaintext', async () => {
  const world = populated()
  Object.assign(world.user, { status: 'LOCKED', until: world.stub.now() + HOUR, before: 'x', reuse: false })
  expect(await found(world, { tls: { mode: 'disable' } })).toEqual([
    ['insecure-tls', 'warns', undefined],
    ['login-locked', 'blocks', 'ALTER USER "App é" ACCOUNT UNLOCK;'],
    ['rollover-under-way', 'warns', undefined],
    ['password-history', 'warns', undefined],
  ])
  world.user.status = 'EXPIRED'
  expect((await found(world))[0]).toEqual(['password-expired', 'blocks', undefined])
})

test('a login of Oracle itself; one that is not there', async () => {
  const world = populated()
  world.user.maintained = true
  expect(await found(world)).toEqual([['unsupported-login', 'blocks', undefined]])
  world.stub.users.delete('App é')
  expect(await found(world)).toEqual([['login-missing', 'blocks', undefined]])
})

test('an admin who may not look: the login looks at itself', async () => {
  const world = populated()
  world.stub.fail = (_, text) => (text.includes('dba_') ? 'ORA-00942' : undefined)
  expect(await found(world)).toEqual([])
  expect(world.stub.statements.at(-1)!.text).toContain('FROM user_users')
})
