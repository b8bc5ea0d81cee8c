/** Requests of each whole life, by name: what gcp/README.md says that they are. */
import { describe, expect, test } from 'vitest'
import { DAY, Driven } from './driven.ts'
import { byAlias } from './support.ts'

const [look, read, add, record] = ['GetSecret', 'AccessSecretVersion', 'AddSecretVersion', 'UpdateSecret']
const bring = 'AddSecretVersion(sibling)'
const disable = 'DisableSecretVersion'

const modes = {
  alias: {
    readBy: byAlias,
    first: 8,
    rotation: [look, read, add, record, look, record],
    retirement: [look, read, read, look, record, look, record, disable],
    nothingDue: [look],
  },
  latest: {
    readBy: 'latest',
    first: 18,
    rotation: [...[look, read, read, bring, record], ...[look, read], ...[look, read, add, record]],
    retirement: [...[look, read, read, read], ...[look, read, record], ...[look, read, record, disable]],
    nothingDue: [look, read],
  },
} as const

describe.each(['single-user', 'alternating-users'] as const)('%s [fake]', strategy => {
  test.each(Object.entries(modes))('read by %s', async (_, { readBy, first, rotation, retirement, nothingDue }) => {
    const driven = new Driven(strategy, readBy)
    const calls = () => {
      const made = driven.calls()
      driven.fake.calls.reset()
      return made
    }
    await driven.engine.rotate()
    expect(calls()).toHaveLength(first)
    driven.clock.time += DAY
    await driven.engine.retire()
    expect(calls()).toEqual(retirement)
    driven.clock.time -= DAY / 2
    expect((await driven.engine.rotate()).outcome).toBe('not-due')
    expect(calls()).toEqual(nothingDue)
    driven.clock.time += 2 * DAY
    await driven.engine.rotate()
    expect(calls()).toEqual(rotation)
  })
})

test('a listing: one for 25,000 [fake]', async () => {
  const driven = new Driven('single-user', 'latest')
  for (let n = 0; n < 60; n++) driven.fake.service.createSecret({ id: `other-${n}`, value: 'x' })
  driven.fake.calls.reset()
  const listed: string[] = []
  for await (const { id } of driven.opened().list({}, driven.call())) listed.push(id)
  expect([listed.length, driven.calls()]).toEqual([61, ['ListSecrets']])
})
