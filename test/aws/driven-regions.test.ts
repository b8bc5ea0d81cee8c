/**
 * A rotation that Secrets Manager drives, whose copies live elsewhere: the fake of Secrets Manager [fake] leads, stores in memory follow.
 * Planted, and each failed here: create not held by a follower, finish that tells nobody, finish without a look at who leads, a repeated
 * finish that leaves followers behind, the spacing counted from the leader's promotion alone.
 */
import { describe, expect, test } from 'vitest'
import { RotationError } from '../../core/errors.ts'
import { firstRecord } from '../../core/replication/record.ts'
import type { Member } from '../../core/replication/replication.ts'
import { storeRegister } from '../../core/replication/store-register.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { MemoryStore } from '../../core/testing/memory-store.ts'
import { Driven, ID } from './driven.ts'
import { thrown } from './fleet-support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

class Regions extends Driven {
  readonly us = new MemoryStore(this.clock)
  readonly register = storeRegister(async () => this.registerStore, 'test')
  readonly registerStore = new MemoryStore(this.clock)
  away = false
  /** Whether the follower can be cut off for a moment. */
  acceptGap: readonly string[] = ['us']

  async begun(): Promise<this> {
    const self = (name: string, open: Member['open']): Member => ({
      ...{ name, id: ID, required: true, timeout: 5_000, fields: {}, open },
    })
    const open = async () => {
      if (this.away) throw new RotationError('store-unavailable', 'The region does not answer.')
      return this.us
    }
    this.replication = {
      secret: ID,
      self: 'eu',
      members: [self('eu', () => Promise.reject(new Error('the run has it'))), self('us', open)],
      register: this.register,
      acceptGap: this.acceptGap,
    }
    this.us.seed(ID, SecretValue.of(this.json('app', 'first')))
    await this.register.create(ID, firstRecord('eu'), this.call())
    return this
  }

  get copied(): boolean {
    const { value } = this.fake.service.peek(ID).versions.get(this.holder('AWSCURRENT')!)!
    return this.us.peek(ID).current.equals(SecretValue.of(value!))
  }
}

describe.each(['single-user', 'alternating-users'] as const)('%s', strategy => {
  test('four steps bring the follower up, and say how', async () => {
    const regions = await new Regions(strategy).begun()
    const token = regions.begin()
    for (const step of ['create', 'set', 'test'] as const) await regions.step(step, token)
    const before = regions.us.peek(ID).current
    expect(before.equals(SecretValue.of(regions.json('app', 'first')))).toBe(true)
    expect(await regions.step('finish', token)).toMatchObject({
      outcome: 'done',
      followers: [{ follower: 'us', standing: 'in-sync', written: true }],
    })
    expect(regions.copied).toBe(true)
    expect(regions.works).toBe(true)
  })

  test('a follower that is lost in between holds nobody up, and a repeated finish brings it up', async () => {
    const regions = await new Regions(strategy).begun()
    const token = regions.begin()
    for (const step of ['create', 'set', 'test'] as const) await regions.step(step, token)
    // where there is a gap, finish stages the value there before it touches the target
    if (strategy === 'single-user') {
      regions.away = true
      expect(await thrown(regions.step('finish', token))).toMatchObject({ code: 'refused' })
      expect(regions.works).toBe(true)
      return
    }
    regions.away = true
    expect(await regions.step('finish', token)).toMatchObject({ outcome: 'done', followers: [{ standing: 'unknown' }] })
    expect(regions.copied).toBe(false)
    regions.away = false
    expect(await regions.step('finish', token)).toMatchObject({
      outcome: 'already-rotated',
      followers: [{ standing: 'in-sync', written: true }],
    })
    expect(regions.copied).toBe(true)
  })

  test('the next one is held at its beginning while a required follower is behind, and until its grace is over', async () => {
    const regions = await new Regions(strategy).begun()
    await regions.rotate()
    regions.clock.time += 30 * DAY
    regions.away = true
    const token = regions.begin()
    expect(await thrown(regions.step('create', token))).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('us'),
    })
    expect(regions.fake.service.peek(ID).versions.get(token)?.value).toBeUndefined()
    regions.away = false
    expect(await regions.step('create', token)).toMatchObject({ outcome: 'done' })
  })

  test('one that was brought up a moment ago has its grace from then', async () => {
    const regions = await new Regions(strategy).begun()
    await regions.rotate()
    // somebody has restored the region from a backup
    const old = SecretValue.of(regions.json('app', 'first'))
    regions.clock.time += 30 * DAY
    const copy = new MemoryStore(regions.clock)
    copy.seed(ID, old)
    Object.assign(regions, { us: copy })
    const token = regions.begin()
    // its value is of nobody: a person decides
    expect(await thrown(regions.step('create', token))).toMatchObject({ code: 'refused' })
    expect(regions.us.peek(ID).current.equals(old)).toBe(true)
  })

  test('after a fail-over every step refuses, and nothing is set', async () => {
    const regions = await new Regions(strategy).begun()
    const token = regions.begin()
    for (const step of ['create', 'set', 'test'] as const) await regions.step(step, token)
    const record = (await regions.register.read(ID, regions.call()))!
    await regions.register.swap(ID, record, { ...record, epoch: 2, leader: 'us', former: ['eu'] }, regions.call())
    for (const step of ['create', 'finish'] as const)
      expect(await thrown(regions.step(step, token))).toMatchObject({ code: 'not-leader', step })
    expect(regions.holder('AWSCURRENT')).not.toBe(token)
    expect(regions.works).toBe(true)
  })
})

test('a gap that nobody has accepted is refused at create', async () => {
  const regions = new Regions('single-user')
  regions.acceptGap = []
  await regions.begun()
  expect(await thrown(regions.step('create', regions.begin()))).toMatchObject({
    code: 'refused',
    next: expect.stringContaining('acceptGap'),
  })
})
