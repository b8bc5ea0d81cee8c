/** Requests of each whole life, by name: what azure/README.md says that they are. */
import { describe, expect, test } from 'vitest'
import { DAY, Driven, ID } from './driven.ts'

const sibling = `${ID}-lockstep-pending`
const look = [`GetBlob ${ID}.json`, `GetSecret ${ID}`]
const record = `PutBlob ${ID}.json`

async function rotatedOnce(strategy: 'single-user' | 'alternating-users'): Promise<Driven> {
  const driven = new Driven(strategy)
  await driven.engine.rotate()
  driven.clock.time += DAY
  return driven
}

describe.each(['single-user', 'alternating-users'] as const)('%s [fake]', strategy => {
  test('a rotation: nine, and one more the first time', async () => {
    const driven = await rotatedOnce(strategy)
    expect(driven.calls()).toHaveLength(10)
    expect(driven.calls()).toContain(`GetSecret ${sibling}`)
    await driven.engine.retire()
    driven.clock.time += DAY
    driven.forgetCalls()
    await driven.engine.rotate()
    const [brought, published] = [`SetSecret ${sibling}`, `SetSecret ${ID}`]
    expect(driven.calls()).toEqual([...look, brought, record, ...look, `GetSecret ${ID}`, published, record])
  })

  test('a retirement: nine', async () => {
    const driven = await rotatedOnce(strategy)
    driven.forgetCalls()
    await driven.engine.retire()
    const disabled = [`UpdateSecret ${ID}`, `UpdateSecret ${sibling}`]
    expect(driven.calls()).toEqual([...look, `GetSecret ${ID}`, record, ...look, record, ...disabled])
  })

  test('nothing due: two', async () => {
    const driven = await rotatedOnce(strategy)
    await driven.engine.retire()
    driven.forgetCalls()
    driven.clock.time -= DAY / 2
    expect((await driven.engine.rotate()).outcome).toBe('not-due')
    expect(driven.calls()).toEqual(look)
  })
})

test('a listing: one for 5,000 journals; whoever stops then asks the vault nothing [fake]', async () => {
  const driven = await rotatedOnce('single-user')
  driven.edit('other', 'x')
  driven.forgetCalls()
  const listed: string[] = []
  for await (const { id } of driven.store().list({}, driven.call())) {
    listed.push(id)
    if (id === ID) break
  }
  expect(driven.calls()).toEqual(['ListBlobs lockstep'])
  for await (const { id } of driven.store().list({}, driven.call())) listed.push(id)
  expect(listed).toEqual([ID, ID, 'other'])
})

test('a secret that was never rotated: since when it is read, and that nothing was replaced [fake]', async () => {
  const driven = new Driven('single-user')
  const { current } = (await driven.store().describe(ID, driven.call()))!
  for await (const hint of driven.store().list({}, driven.call()))
    expect(hint).toMatchObject({ id: ID, inFlight: false, since: current.since, previous: false })
  expect.assertions(1)
})
