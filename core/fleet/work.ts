/**
 * One secret at work: describe, plan, and run what the plan says. A hint, an item of a queue and an event all end here, and none of
 * them is believed: each is a reason to look.
 * @module
 */
import type { Call } from '../ports/secret-store.ts'
import { retire } from '../rotation/retire.ts'
import { rotate } from '../rotation/rotate.ts'
import type { RotationRequest, RotationResult } from '../rotation/setup.ts'
import { type Looked, retirementDue, rotationDue, type Work } from './due.ts'
import type { Fleet } from './fleet.ts'
import { kindOf, policyOf, secretOf } from './wire.ts'

/** `asked`: the store was asked for a rotation of its own, `under-way`: it has begun one. */
export type Outcome = RotationResult['outcome'] | 'asked' | 'under-way' | 'halted'

/** What was asked for, if it is due. Throws RotationError. */
export async function workOn(
  fleet: Fleet,
  name: string,
  what: 'rotate' | 'retire',
  request: RotationRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const secret = secretOf(fleet.config, name)
  const store = await fleet.store(secret.store)
  const call: Call = { signal, deadline: request.deadline, run: {} }
  const state = await store.describe(secret.id, call)
  const facts = (state && (await store.facts?.(secret.id, call))) ?? {}
  const now = fleet.clock.now()
  const looked: Looked = { id: secret.id, policy: policyOf(secret), target: kindOf(secret), state, facts, now, request }
  const work = what === 'rotate' ? rotationDue(looked) : retirementDue(looked)
  switch (work.do) {
    case 'nothing':
      return idle[work.why]
    case 'ask':
      return started[(await store.startRotation?.(secret.id, call)) ?? 'never']
    default: {
      const setup = await fleet.setup(name)
      return (await (work.do === 'rotate' ? rotate : retire)(setup, request, signal)).outcome
    }
  }
}

/** A store that cannot be asked begins them in its own time. */
const started = { started: 'asked', 'under-way': 'under-way', never: 'not-due' } as const

const idle: Readonly<Record<Extract<Work, { do: 'nothing' }>['why'], Outcome>> = {
  'not-due': 'not-due',
  waiting: 'waiting',
  halted: 'halted',
  'under-way': 'under-way',
}
