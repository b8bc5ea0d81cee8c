/**
 * A pass over a fleet in memory. Planted, and each failed here: a hint acted upon without a look, a hint that says "not due" believed
 * beyond its age, the first failure thrown, the deadline not looked at, a queue's refusal counted as handed over, rotations before
 * retirements.
 */
import { describe, expect, test } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import { workOn } from '../../../core/fleet/work.ts'
import { rotateAsked } from '../../../core/functions/asked.ts'
import { DAY, MemoryFleet, MINUTE, many } from './support.ts'

const names = (count: number) => Object.keys(many(count))

describe('what is at rest', () => {
  test('costs a listing and nothing else', async () => {
    const fleet = new MemoryFleet(many(200))
    const result = await fleet.sweep()
    expect(fleet.calls.map(({ op }) => op)).toEqual(['list'])
    expect(result).toEqual({ secrets: 200, looked: 0, outcomes: {}, failed: [], handedOver: 0, overdue: 0, left: 0 })
  })

  test('a few are described: that costs less than listing what else the store holds', async () => {
    const fleet = new MemoryFleet(many(3))
    for (let n = 0; n < 500; n++) fleet.memory.seed(`other-${n}`, fleet.memory.peek('s000').current)
    const { looked, outcomes } = await fleet.sweep()
    expect(fleet.count('list')).toBe(0)
    expect(looked).toBe(3)
    expect(outcomes).toEqual({ 'not-due': 6 })
    expect(fleet.count('describe')).toBe(3)
  })

  test('a listing ends when every secret of ours was seen', async () => {
    const fleet = new MemoryFleet(many(20))
    for (let n = 0; n < 500; n++) fleet.memory.seed(`t${n}`, fleet.memory.peek('s000').current)
    let shown = 0
    fleet.shows = hint => {
      shown++
      return hint
    }
    await fleet.sweep()
    expect(shown).toBe(20)
  })
})

describe('what is due', () => {
  test('is rotated, each once, and retired when its grace is over', async () => {
    const fleet = new MemoryFleet(many(20, { strategy: 'alternating-users' }))
    fleet.clock.time += 31 * DAY
    expect((await fleet.sweep()).outcomes).toEqual({ rotated: 20 })
    for (const name of names(20)) expect((await fleet.state(name)).previous).toBeDefined()
    fleet.calls.length = 0
    expect((await fleet.sweep()).looked).toBe(0)
    fleet.clock.time += 61 * MINUTE
    expect((await fleet.sweep()).outcomes).toEqual({ retired: 20 })
    for (const name of names(20)) expect((await fleet.state(name)).previous).toBeUndefined()
  })

  test('urgent first, then what has to end, then what is new', async () => {
    const fleet = new MemoryFleet({ ...many(20, { strategy: 'alternating-users' }), zz: {} })
    fleet.clock.time += 31 * DAY
    const due = fleet.shows
    fleet.shows = hint => (hint.id === 's007' ? due(hint) : { ...hint, since: fleet.clock.now() })
    await fleet.sweep()
    fleet.shows = due
    fleet.clock.time += 2 * 60 * MINUTE
    await fleet.begun('zz')
    fleet.calls.length = 0
    await fleet.sweep(undefined, { width: 1 })
    const order = [...new Set(fleet.calls.filter(({ op }) => op === 'describe').map(({ id }) => id))]
    expect(order.slice(0, 3)).toEqual(['zz', 's007', 's000'])
  })

  test('waits for its window; then it is done', async () => {
    const window = ", window: { cron: '0 3 * * *', duration: 1h }"
    const fleet = new MemoryFleet(many(12, { more: window }))
    fleet.clock.time += 31 * DAY + 12 * 60 * MINUTE
    expect((await fleet.sweep()).looked).toBe(0)
    fleet.clock.time += 15 * 60 * MINUTE
    expect((await fleet.sweep()).outcomes).toEqual({ rotated: 12 })
  })

  test('what waits for a person is counted, and not tried', async () => {
    const fleet = new MemoryFleet(many(12))
    await fleet.memory.describe('s003', fleet.call())
    const call = fleet.call()
    await fleet.memory.describe('s003', call)
    await fleet.memory.note('s003', { halted: 'auth-failed' }, call)
    fleet.clock.time += 31 * DAY
    const { outcomes } = await fleet.sweep()
    expect(outcomes).toEqual({ halted: 1, rotated: 11 })
  })
})

describe('hints', () => {
  test('are no proof: a secret that was rotated since is not rotated again', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.shows = hint => ({ ...hint, since: 0, previous: true, promotedAt: 0 })
    const { outcomes } = await fleet.sweep()
    expect(outcomes).toEqual({ 'not-due': 24 })
    expect(fleet.memory.events).toEqual([])
  })

  test('hide nothing that is due by their age: minutes before, it is looked at', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.clock.time += 30 * DAY - 6 * MINUTE
    expect((await fleet.sweep()).looked).toBe(0)
    fleet.clock.time += 2 * MINUTE
    expect(await fleet.sweep()).toMatchObject({ looked: 12, outcomes: { 'not-due': 12 } })
  })

  test('that tell too little are a reason to look', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.shows = ({ id }) => ({ id, inFlight: 'unknown' })
    expect((await fleet.sweep()).looked).toBe(12)
    fleet.shows = ({ id }) => ({ id, inFlight: false })
    expect((await fleet.sweep()).looked).toBe(12)
  })

  test('that are missing too: a secret that is not listed is described, and its absence said', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.shows = hint => (hint.id === 's004' ? { ...hint, id: 'somebody-else' } : hint)
    expect(await fleet.sweep()).toMatchObject({ looked: 1, outcomes: { 'not-due': 2 } })
  })

  test('without the right to list, every secret is described', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.refuse = op => (op === 'list' ? new RotationError('access-denied', 'no') : undefined)
    expect(await fleet.sweep()).toMatchObject({ looked: 12, failed: [], left: 0 })
  })
})

describe('a failure', () => {
  test('of one secret stops no other', async () => {
    const fleet = new MemoryFleet(many(20))
    fleet.clock.time += 31 * DAY
    fleet.refuse = (op, id) => {
      if (id === 's002' && op === 'describe') return new RotationError('access-denied', 'no')
      if (id === 's005' && op === 'putPending') return new TypeError('a fault of ours: canary')
      return undefined
    }
    const { outcomes, failed } = await fleet.sweep()
    expect(outcomes).toEqual({ rotated: 18 })
    const codes = failed.map(({ of, error }) => [of, error.code])
    expect(codes).toEqual([
      [expect.objectContaining({ secret: 's002', do: 'rotate' }), 'access-denied'],
      [expect.objectContaining({ secret: 's005', do: 'rotate' }), 'internal'],
    ])
    expect(JSON.stringify(failed)).not.toContain('canary')
  })

  test('of a store leaves its secrets, and says how many', async () => {
    const fleet = new MemoryFleet(many(20))
    fleet.refuse = op => (op === 'list' ? new RotationError('store-unavailable', 'no') : undefined)
    const result = await fleet.sweep()
    expect(result).toMatchObject({ looked: 0, left: 20, failed: [{ of: { store: 'm' } }] })
  })

  test('that may pass goes to the queue; one that only a person mends does not', async () => {
    const fleet = new MemoryFleet(many(12))
    fleet.clock.time += 31 * DAY
    fleet.refuse = (op, id) => {
      if (op !== 'describe') return undefined
      if (id === 's001') return new RotationError('store-unavailable', 'no')
      return id === 's002' ? new RotationError('access-denied', 'no') : undefined
    }
    const { failed, handedOver } = await fleet.sweep(undefined, { queue: fleet.queue })
    expect(fleet.queued).toMatchObject([{ secret: 's001', do: 'rotate' }])
    expect(failed.map(each => each.handedOver)).toEqual([true, false])
    expect(handedOver).toBe(1)
  })
})

// P6 of docs/protocol.md: a run that finds its work done records what was missing.
describe.each([3, 12])('a process that died between the promotion and its record, of %i secrets', count => {
  const died = async () => {
    const fleet = new MemoryFleet(many(count))
    fleet.records = false
    fleet.clock.time += 31 * DAY
    fleet.refuseRecord = () => (fleet.count('promote') > 0 ? new RotationError('store-unavailable', 'no') : undefined)
    await workOn(fleet, 's001', 'rotate', fleet.request(), new AbortController().signal).catch(() => undefined)
    fleet.refuseRecord = () => undefined
    expect(endings(fleet)).toEqual([])
    return fleet
  }
  const endings = (fleet: MemoryFleet) =>
    fleet.memory.events.flatMap(({ event_type, secret_id, result }) =>
      event_type === 'secret_rotated' ? [`${secret_id} ${result}`] : [],
    )

  test('the next pass records its ending', async () => {
    const fleet = await died()
    fleet.clock.time += MINUTE / 2
    expect((await fleet.sweep()).outcomes.rotated).toBe(count - 1)
    expect(endings(fleet)).toContain('s001 already')
  })

  test('an item that is delivered again does', async () => {
    const fleet = await died()
    const again = () => workOn(fleet, 's001', 'rotate', fleet.request(), new AbortController().signal)
    expect(await again()).toBe('not-due')
    expect(endings(fleet)).toEqual(['s001 already'])
  })

  test('an event that is delivered again does', async () => {
    const fleet = await died()
    const since = fleet.clock.now() - MINUTE
    const again = () => rotateAsked(fleet, 's001', fleet.request(), new AbortController().signal, since)
    expect(await again()).toBe('already-rotated')
    expect(endings(fleet)).toEqual(['s001 already'])
  })

  test('after the life of a run it is not looked for, and what is at rest costs nothing', async () => {
    const fleet = await died()
    await fleet.sweep()
    const before = endings(fleet)
    fleet.clock.time += 2 * MINUTE
    fleet.calls.length = 0
    await fleet.sweep()
    expect(endings(fleet)).toEqual(before)
    expect(fleet.count('describe')).toBe(count > 10 ? 0 : count)
  })
})

test('an item that is delivered again asks the hooks that its first run has not, whatever the store records', async () => {
  const fleet = new MemoryFleet(many(1))
  fleet.clock.time += 31 * DAY
  const signal = new AbortController().signal
  const work = () => workOn(fleet, 's000', 'rotate', fleet.request(), signal)
  expect(await work()).toBe('rotated')
  const asked: string[] = []
  const apply = async ({ version }: { version: string }) => {
    asked.push(version)
    return 'done' as const
  }
  const { setup } = fleet
  const declared = { consumer: 'app', kind: 'webhook', required: false, timeout: 1000, retries: 0 }
  fleet.setup = async name => ({
    ...(await setup.call(fleet, name)),
    hooks: [{ ...declared, open: async () => ({ asks: true, apply }) }],
  })
  expect(await work()).toBe('not-due')
  expect(asked).toHaveLength(1)
})

describe('time', () => {
  const slow = () => {
    const fleet = new MemoryFleet(many(40))
    fleet.clock.time += 31 * DAY
    fleet.latency = 500
    return fleet
  }

  test('is never overdrawn: nothing begins that may not end, and the next pass goes on', async () => {
    const fleet = slow()
    const end = fleet.clock.now() + 2 * MINUTE
    const first = await fleet.sweep(2 * MINUTE, { width: 1 })
    expect(fleet.clock.now()).toBeLessThanOrEqual(end)
    expect(first.failed).toEqual([])
    expect(first.outcomes.rotated).toBeGreaterThan(3)
    expect(first.looked).toBe(first.outcomes.rotated)
    for (const name of names(40)) expect((await fleet.state(name)).pending).toBeUndefined()
    expect(first.left).toBe(40 - first.outcomes.rotated!)
    expect(first.left).toBeGreaterThan(0)
    fleet.latency = 1
    expect(await fleet.sweep()).toMatchObject({ left: 0, outcomes: { rotated: first.left } })
  })

  test('what it does not suffice for is handed over, once', async () => {
    const fleet = slow()
    const { outcomes, handedOver, left } = await fleet.sweep(2 * MINUTE, { queue: fleet.queue, width: 4 })
    expect(left).toBe(0)
    expect(handedOver).toBe(40 - outcomes.rotated!)
    expect(handedOver).toBeGreaterThan(0)
    expect(new Set(fleet.queued.map(({ secret }) => secret)).size).toBe(handedOver)
    expect(fleet.queued.every(({ asked }) => asked <= fleet.clock.now())).toBe(true)
  })

  test('a queue that refuses has taken nothing', async () => {
    const fleet = slow()
    const queue = { send: () => Promise.reject(new RotationError('access-denied', 'no')) }
    const { outcomes, handedOver, left, failed } = await fleet.sweep(2 * MINUTE, { queue })
    expect({ handedOver, left }).toEqual({ handedOver: 0, left: 40 - (outcomes.rotated ?? 0) })
    expect(failed).toMatchObject([{ of: 'queue', handedOver: false }])
  })

  test('an interruption begins nothing more', async () => {
    const fleet = new MemoryFleet(many(40))
    fleet.clock.time += 31 * DAY
    const abort = new AbortController()
    fleet.refuse = op => {
      if (op === 'promote') abort.abort()
      return undefined
    }
    const { left } = await fleet.sweep(undefined, { signal: abort.signal, width: 2 })
    expect(left).toBeGreaterThan(30)
  })
})

describe('a store that rotates by itself', () => {
  const driven = () => {
    const fleet = new MemoryFleet(many(12))
    fleet.facts = async () => ({ rotatedBy: { name: 'the store' } })
    fleet.startRotation = async () => 'started'
    return fleet
  }

  test('is asked, and nothing is begun here', async () => {
    const fleet = driven()
    fleet.clock.time += 31 * DAY
    expect((await fleet.sweep()).outcomes).toEqual({ asked: 12 })
    expect(fleet.count('putPending')).toBe(0)
  })

  test('one that is under way already is no failure', async () => {
    const fleet = driven()
    fleet.clock.time += 31 * DAY
    fleet.startRotation = async () => 'under-way'
    expect(await fleet.sweep()).toMatchObject({ failed: [], outcomes: { 'under-way': 12 } })
  })

  test('its run is left alone for as long as one may live; then what it left is finished', async () => {
    const fleet = driven()
    await fleet.begun('s003')
    expect((await fleet.sweep()).outcomes).toMatchObject({ 'under-way': 1 })
    fleet.clock.time += 2 * MINUTE
    expect((await fleet.sweep()).outcomes).toMatchObject({ rotated: 1 })
  })
})

test('two passes at once rotate each secret once', async () => {
  const fleet = new MemoryFleet(many(12))
  fleet.clock.time += 31 * DAY
  const before = new Map<string, unknown>()
  for (const name of names(12)) before.set(name, (await fleet.state(name)).generation)
  await Promise.all([fleet.sweep(), fleet.sweep()])
  for (const name of names(12)) {
    const { generation, pending } = await fleet.state(name)
    expect(generation).toBe(Number(before.get(name)) + 1)
    expect(pending).toBeUndefined()
    const { username, password } = JSON.parse(fleet.memory.peek(name).current.reveal())
    expect(fleet.server.passwordOf(username)?.reveal()).toBe(password)
  }
})
