/**
 * A warm process with both in it: Lockstep with its store, and the bare script. Started by `rotation-time.ts`; makes the rotations
 * that it is told of, and answers how long they took.
 * @module
 */
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import { type Driven, openDriven } from '../../demo/cloud/driven.ts'
import { byHand } from '../../demo/request.ts'
import { DAY, SkippingClock } from '../../test/torture/ask.ts'
import { timed } from '../result.ts'
import type { Bare } from './bare-logins.ts'

export interface Beginning {
  readonly configText: string
  readonly ca: string | undefined
  /** Of the bare script; loaded with its first rotation. */
  readonly bare: string
  readonly mode: string
}

export interface Order {
  readonly do: 'engine' | 'bare' | 'prepare'
  readonly secret: string
  readonly alternating: boolean
}

export interface Answer {
  readonly ms: number
  /** Of the process until now, at most. */
  readonly peakMiB: number
}

/** Longer than any run of the bench, and in order with what its configuration cannot say. */
const RUN_LIFE = 60_000
const clock = new SkippingClock()
const never = new AbortController().signal
let driven: Driven
let bare: Promise<Bare> | undefined
let beginning: Beginning

async function begin(asked: Beginning): Promise<void> {
  beginning = asked
  driven = await openDriven(asked.configText, asked.ca, clock)
}

async function loadBare(): Promise<Bare> {
  const [store] = driven.config.stores.values()
  return (await import(beginning.bare)).bare({ ...store, mode: beginning.mode })
}

async function follow({ do: what, secret, alternating }: Order): Promise<Answer> {
  const setup = await driven.setup(secret, RUN_LIFE)
  const request = () => byHand({ deadline: clock.now() + 60_000 })
  if (what === 'prepare') {
    clock.offset += 2 * DAY
    if (alternating) await retire(setup, request(), never)
    clock.offset += 2 * DAY
  }
  if (what === 'bare') bare ??= loadBare()
  const script = what === 'bare' ? await bare : undefined
  const ms = await timed(async () => {
    if (script) await script(secret, alternating)
    if (what !== 'engine') return
    const { outcome } = await rotate(setup, request(), never)
    if (outcome !== 'rotated') throw new Error(`Expected a rotation, got ${outcome}.`)
  })
  return { ms, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

process.on('disconnect', () => process.exit())
process.on('message', (asked: Beginning | Order) => {
  const done = 'do' in asked ? follow(asked) : begin(asked).then(() => ({ ms: 0, peakMiB: 0 }))
  done.then(
    answer => process.send!(answer),
    (error: unknown) => process.send!({ error: error instanceof Error ? error.stack : String(error) }),
  )
})
