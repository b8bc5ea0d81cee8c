/** Two workers at once, in many orders of their requests: seeded, so that a failure can be played again. */
import { describe, expect, test } from 'vitest'
import { isRotationError } from '../../core/errors.ts'
import { DAY, Driven, ID, type Strategy } from './driven.ts'

const SCHEDULES = 50

/** Every request waits for its turn; whose it is, chance decides. */
class Turns {
  readonly #waiting: (() => void)[] = []
  #state: number

  constructor(driven: Driven, seed: number) {
    this.#state = seed * 2_654_435_761 + 1
    for (const { httpClient } of [driven.vault, driven.blobs] as const) {
      const client = httpClient as { sendRequest: (request: never) => Promise<never> }
      const { sendRequest } = client
      client.sendRequest = async request => {
        await new Promise<void>(resolve => this.#waiting.push(resolve))
        return sendRequest(request)
      }
    }
  }

  next(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * below)
  }

  /** Until all have ended; `look` after every request. */
  async play(runs: readonly Promise<unknown>[], look: () => void): Promise<PromiseSettledResult<unknown>[]> {
    let ended = false
    const ends = Promise.allSettled(runs).finally(() => {
      ended = true
    })
    while (!ended) {
      const [resolve] = this.#waiting.splice(this.next(this.#waiting.length), 1)
      resolve?.()
      await new Promise(setImmediate)
      look()
    }
    return ends
  }
}

const scenes: Readonly<Record<string, (driven: Driven) => readonly (() => Promise<unknown>)[]>> = {
  'rotate and rotate': driven => [driven.engine.rotate, driven.engine.rotate],
  'three at once': driven => [driven.engine.rotate, driven.engine.rotate, driven.engine.rotate],
  'rotate and retire': driven => [() => driven.engine.rotate({ force: true }), driven.engine.retire],
  'retire and retire': driven => [driven.engine.retire, driven.engine.retire],
}

/** Somebody else was faster: run again; or, in the middle of a change, that current is not what it was. */
const isOvertaken = (error: unknown): boolean =>
  isRotationError(error) &&
  (error.retry !== 'no' || ['conflict', 'current-refused', 'auth-failed'].includes(error.code))

async function played(strategy: Strategy, name: string, seed: number): Promise<void> {
  const driven = new Driven(strategy)
  if (name.includes('retire')) {
    await driven.engine.rotate()
    driven.clock.time += 2 * DAY
  }
  const turns = new Turns(driven, seed)
  const always = () => strategy === 'single-user' || expect(driven.works).toBe(true)
  const ends = await turns.play(
    scenes[name]!(driven).map(run => run()),
    always,
  )
  for (const end of ends) if (end.status === 'rejected') expect(isOvertaken(end.reason), end.reason).toBe(true)
  driven.clock.time += 60_000
  const again = await turns.play([driven.engine.until('rotated', () => driven.engine.rotate({ force: false }))], always)
  expect(again.map(({ status }) => status)).toEqual(['fulfilled'])
  expect(driven.works).toBe(true)
  const last = driven.store().describe(ID, driven.call())
  await turns.play([last], always)
  const { pending, anomaly } = (await last)!
  expect([pending, anomaly]).toEqual([undefined, undefined])
}

describe.each(['single-user', 'alternating-users'] as const)('%s [fake]', strategy => {
  test.each(Object.keys(scenes))('%s: consumers can log in, and one more run finds nothing to mend', async name => {
    for (let seed = 1; seed <= SCHEDULES; seed++)
      await played(strategy, name, seed).catch(error => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error })
      })
  })
})
