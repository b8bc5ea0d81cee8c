import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { RotationId } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Driven, ID, STEPS } from './driven.ts'

const DAY = 86_400_000
const codeOf = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => 'resolved',
    error => error.code,
  )

const overriding = (target: SettableTarget, more: Partial<SettableTarget>): SettableTarget =>
  new Proxy(target, {
    get: (inner, name) => {
      const member = (more as never)[name] ?? Reflect.get(inner, name, inner)
      return typeof member === 'function' ? (member as () => unknown).bind(inner) : member
    },
  })

describe('a driven rotation [fake]', () => {
  test('single-user: eight calls, two logins, nothing refused; the database changes in finish only', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    d.fake.calls.reset()
    for (const step of STEPS) {
      await d.step(step, token)
      expect([step, d.server.wouldAccept({ username: 'app', password: SecretValue.of('first') })]).toEqual([
        step,
        step !== 'finish',
      ])
      expect(d.works).toBe(true)
    }
    expect(d.fake.calls.list.map(({ op }) => op)).toEqual([
      ...['DescribeSecret', 'GetSecretValue', 'PutSecretValue'],
      'GetSecretValue',
      'GetSecretValue',
      ...['GetSecretValue', 'GetSecretValue', 'UpdateSecretVersionStage'],
    ])
    expect([d.server.logins, d.server.refusals]).toEqual([2, 0])
    expect(d.holder('AWSCURRENT')).toBe(token)
    expect(d.events.map(({ event_type }) => event_type)).toEqual(['rotation_started', 'secret_rotated'])
  })

  test('alternating-users: eight calls beside the admin secret, both logins valid all the time', async () => {
    const d = new Driven('alternating-users')
    const token = d.begin()
    d.fake.calls.reset()
    for (const step of STEPS) {
      await d.step(step, token)
      expect(d.works).toBe(true)
    }
    expect(d.fake.calls.count()).toBe(8)
    expect([d.server.logins, d.server.refusals]).toEqual([2, 0])
    expect(d.server.wouldAccept({ username: 'app', password: SecretValue.of('first') })).toBe(true)
  })

  test.each(['single-user', 'alternating-users'] as const)(
    '%s: five in a row, two labels of ours in all',
    async strategy => {
      const d = new Driven(strategy)
      for (let n = 0; n < 5; n++) {
        await d.rotate()
        expect(d.works).toBe(true)
        d.clock.time += DAY
      }
      const labels = [...d.fake.service.peek(ID).versions.values()].flatMap(({ stages }) => stages)
      expect(labels.toSorted()).toEqual(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'LOCKSTEP_1', 'LOCKSTEP_2'])
    },
  )

  test('every step twice, and all of them again afterwards', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    for (const step of STEPS) for (const _ of [1, 2]) await d.step(step, token)
    for (const step of STEPS) expect((await d.step(step, token)).outcome).toBe('already-rotated')
    expect(d.works).toBe(true)
  })

  test.each(['set', 'finish'] as const)('%s before create is refused, and nothing is changed', async step => {
    const d = new Driven('single-user')
    const token = d.begin()
    expect(await codeOf(d.step(step, token))).toBe('stale')
    expect(d.works).toBe(true)
    await d.all(token)
    expect(d.holder('AWSCURRENT')).toBe(token)
  })

  test('a token that the service does not know, or of an older rotation, is refused', async () => {
    const d = new Driven('single-user')
    const old = await d.rotate()
    d.clock.time += DAY
    await d.rotate()
    for (const token of [old, '00000000-0000-4000-8000-000000000000' as RotationId])
      for (const step of STEPS) expect(await codeOf(d.step(step, token))).toBe('stale')
    expect(d.works).toBe(true)
  })

  test('RotateImmediately=false: only test is called, and only current is tried', async () => {
    const d = new Driven('single-user')
    const token = d.begin({ test: true })
    expect(await d.step('test', token)).toEqual({ outcome: 'tried', rotation: token })
    expect([d.server.logins, d.server.refusals]).toEqual([1, 0])
    d.server.setPassword('app', SecretValue.of('changed by hand'))
    expect(await codeOf(d.step('test', token))).toBe('auth-failed')
  })

  test('too soon after the last one: refused, with the time from when on', async () => {
    const d = new Driven('single-user')
    await d.rotate()
    const token = d.begin()
    const error = await d.step('create', token).catch(e => e)
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining('Possible from 2030-')])
    d.clock.time += 2 * 3_600_000
    await d.all(token)
    expect(d.holder('AWSCURRENT')).toBe(token)
  })

  test('two logins, and current edited by hand: waits for the grace; with one login it does not', async () => {
    for (const [strategy, code] of [
      ['alternating-users', 'refused'],
      ['single-user', 'resolved'],
    ] as const) {
      const d = new Driven(strategy)
      await d.rotate({ cleanPending: true })
      d.clock.time += DAY
      const { value } = d.fake.service.peek(ID).versions.get(d.holder('AWSCURRENT')!)!
      d.fake.service.putAsPerson(ID, JSON.stringify({ ...JSON.parse(value!), note: 'by hand' }))
      const token = d.begin()
      expect(await codeOf(d.step('create', token))).toBe(code)
      d.clock.time += 3_600_000
      await d.all(token)
      expect([d.holder('AWSCURRENT'), d.works]).toEqual([token, true])
    }
  })

  test('rotation cancelled before create: refused', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    d.fake.service.cancelRotation(ID)
    expect(await codeOf(d.step('create', token))).toBe('refused')
  })
})

describe('what a template has begun [fake]', () => {
  const left = async (d: Driven, more: object = {}): Promise<RotationId> => {
    const token = d.begin()
    // As the templates write it: another layout, the same content.
    const value = JSON.stringify(JSON.parse(d.json('app', 'by the template', more)), null, 1)
    const put = { SecretId: ID, ClientRequestToken: token, SecretString: value, VersionStages: ['AWSPENDING'] }
    await d.fake.inProcessClient().send(new PutSecretValueCommand(put))
    return token
  }

  test.each([false, true])('is finished; the database had changed: %s', async changed => {
    const d = new Driven('single-user')
    const token = await left(d)
    if (changed) d.server.setPassword('app', SecretValue.of('by the template'))
    await d.all(token)
    expect(d.holder('AWSCURRENT')).toBe(token)
    expect(d.works).toBe(true)
  })

  test.each([{ host: 'another' }, { extra: 1 }])(
    'is refused where it is not current with another login: %j',
    async more => {
      const d = new Driven('single-user')
      const token = await left(d, more)
      expect(['conflict', 'identity-mismatch']).toContain(await codeOf(d.step('create', token)))
      expect(await codeOf(d.step('finish', token))).toMatch(/conflict|identity-mismatch/)
      expect(d.works).toBe(true)
    },
  )
})

describe('what goes wrong in between [fake]', () => {
  test('a value that the target refuses is given up; the next rotation brings another', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    d.server.rejects = () => true
    await d.step('create', token)
    expect(await codeOf(d.step('finish', token))).toBe('value-rejected')
    expect(d.stagesOf(token)).not.toContain('AWSPENDING')
    expect(await codeOf(d.step('create', token))).toBe('stale')
    d.fake.service.endRotation(ID, token, 'failed')
    d.server.rejects = () => false
    await d.rotate()
    expect(d.works).toBe(true)
  })

  test('a value that logs in and may do nothing: current is back, pending stays for the next try', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    await d.step('create', token)
    d.server.cripples = () => true
    expect(await codeOf(d.step('finish', token))).toBe('probe-failed')
    expect(d.works).toBe(true)
    expect(d.stagesOf(token)).toContain('AWSPENDING')
    d.server.cripples = () => false
    await d.all(token)
    expect(d.holder('AWSCURRENT')).toBe(token)
  })

  test('a put before finish: the service gives the rotation up, the value is kept, the edit stays', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    await d.step('create', token)
    const edited = d.fake.service.putAsPerson(ID, d.json('app', 'first', { note: 'by hand' }))
    expect(await codeOf(d.step('finish', token))).toBe('stale')
    expect([d.holder('AWSCURRENT'), d.works]).toEqual([edited, true])
    expect(d.stagesOf(token)).toEqual(['LOCKSTEP_1'])
  })

  test('died after the database had changed, then a put: the next rotation finds its way back, without listing', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    await d.step('create', token)
    const dying = overriding(d.target, { test: () => Promise.reject(new Error('died')) })
    await codeOf(d.step('finish', token, dying))
    d.fake.service.putAsPerson(ID, d.json('app', 'first', { note: 'by hand' }))
    expect(d.works).toBe(false)
    d.fake.permissions.denyAction('test', 'ListSecretVersionIds')
    d.clock.time += DAY
    const next = d.begin()
    await d.all(next)
    expect([d.holder('AWSCURRENT'), d.works]).toEqual([next, true])
  })

  test('a put after the database has changed: the edit stays, with the password that works', async () => {
    const d = new Driven('single-user')
    const token = d.begin()
    await d.step('create', token)
    const meddling = overriding(d.target, {
      async test(credential, call) {
        await d.target.test(credential, call)
        d.fake.service.putAsPerson(ID, d.json('app', 'first', { note: 'by hand' }))
      },
    })
    expect(await codeOf(d.step('finish', token, meddling))).toMatch(/stale|conflict/)
    expect(d.works).toBe(true)
    const { value } = d.fake.service.peek(ID).versions.get(d.holder('AWSCURRENT')!)!
    expect(JSON.parse(value!)).toMatchObject({ note: 'by hand', password: 'generated-1' })
  })
})
