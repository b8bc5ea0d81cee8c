/**
 * What a listing says of a secret that has followers, and what a description then asks for. Planted, and each failed here: followers
 * looked at only where something else is due, best-effort ones forgotten once the old credential has ended, those of a strategy with a
 * gap left to the end, what is pending copied although the target may hold it.
 */
import { describe, expect, test } from 'vitest'
import { type Looked, replicationDue, type Suspected, suspicion } from '../../../core/fleet/due.ts'
import { policyOf } from '../../../core/fleet/wire.ts'
import type { SecretState, SecretSummary } from '../../../core/ports/secret-store.ts'
import { ALONE, FleetRegions } from './regions.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const NOW = Date.UTC(2030, 0, 1)

const [plain] = new FleetRegions(ALONE('plain', 'eu')).config.secrets.values()
const required = [{ required: true }]
const loosely = [{ required: true }, { required: false }]
const secret = (followers: Suspected['followers'], overlap: 'gap' | 'both-valid' = 'both-valid'): Suspected => ({
  policy: policyOf(plain!),
  target: { strategy: 'alternating-users', overlap, kind: 'settable' },
  records: true,
  followers,
})
const rest: SecretSummary = { id: 'x', inFlight: false, previous: false, since: NOW - DAY, promotedAt: NOW - DAY }
const ended = { ...rest, previous: false }
const alive: SecretSummary = { ...rest, previous: true, since: NOW - HOUR / 2, promotedAt: NOW - HOUR / 2 }

describe('a listing', () => {
  test.each([
    ['at rest', ended, required, undefined],
    ['at rest, with one that nothing waits for', ended, loosely, { kind: 'replicate', todo: ['replicate'] }],
    ['the old credential lives', alive, required, { kind: 'replicate', todo: ['replicate'] }],
    [
      'it does not tell whether it lives',
      { ...alive, previous: undefined },
      required,
      { kind: 'replicate', todo: ['replicate'] },
    ],
    [
      'promoted a moment ago',
      { ...ended, promotedAt: NOW - 30_000 },
      required,
      { kind: 'replicate', todo: ['replicate'] },
    ],
    ['promoted a run’s life ago', { ...ended, promotedAt: NOW - 60_000 }, required, undefined],
    [
      'the grace is over',
      { ...alive, promotedAt: NOW - 2 * HOUR },
      required,
      { kind: 'retire', todo: ['retire', 'replicate'] },
    ],
    ['due', { ...ended, since: NOW - 31 * DAY }, required, { kind: 'rotate', todo: ['rotate', 'replicate'] }],
    ['under way', { ...ended, inFlight: true }, required, { kind: 'retire', todo: ['rotate', 'retire', 'replicate'] }],
    ['nothing', undefined, required, { kind: 'retire', todo: ['retire', 'rotate', 'replicate'] }],
    [
      'halted, with the old credential alive',
      { ...alive, halted: 'no' },
      required,
      { kind: 'replicate', todo: ['replicate'] },
    ],
    ['halted', { ...ended, halted: 'no' }, required, 'halted'],
    ['the old credential lives, and nobody follows', alive, [], undefined],
  ] as const)('%s', (_, hint, followers, expected) => {
    expect(suspicion(hint as SecretSummary | undefined, secret(followers), NOW)).toEqual(expected)
  })

  test('without an overlap, consumers of a follower that is behind have nothing that works: first', () => {
    expect(suspicion(alive, secret(required, 'gap'), NOW)).toEqual({ kind: 'urgent', todo: ['replicate'] })
  })
})

describe('a description', () => {
  const state = {
    current: { version: 'v1', since: NOW },
    attempts: 0,
    generation: 0,
    epoch: 0,
  } as unknown as SecretState
  const pending = { rotation: 'r', ours: true, since: NOW, published: false } as never
  const looked = (more: Partial<Looked>): Looked => ({
    ...secret(required),
    ...{ id: 'x', now: NOW, facts: {}, followed: true, state, request: { type: 'scheduled' } },
    ...more,
  })

  test.each([
    ['at rest', {}, { do: 'replicate' }],
    ['without followers', { followed: false }, { do: 'nothing', why: 'not-due' }],
    ['pending, both valid', { state: { ...state, pending } }, { do: 'replicate' }],
    [
      'pending, with a gap',
      { state: { ...state, pending }, target: secret([], 'gap').target },
      { do: 'nothing', why: 'under-way' },
    ],
    ['regressed', { state: { ...state, anomaly: 'regressed' } }, { do: 'nothing', why: 'under-way' }],
    ['absent: the run says so', { state: undefined }, { do: 'replicate' }],
  ] as [string, Partial<Looked>, object][])('%s', (_, more, expected) => {
    expect(replicationDue(looked(more))).toEqual(expected)
  })
})
