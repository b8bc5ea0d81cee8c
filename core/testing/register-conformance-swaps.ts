/**
 * Reading, creating and swapping, alone and at once.
 * @module
 */
import assert from 'node:assert/strict'
import type { ErrorCode } from '../errors.ts'
import type { LeaderRecord } from '../ports/leader-register.ts'
import { rejectsWith } from './conformance.ts'
import { type Case, first, others, rule, SECRET, second, third } from './register-conformance-bench.ts'

/** Of several at once each is answered, or is to ask again; a register may not take it for somebody else's. */
const RACED: readonly ErrorCode[] = ['busy', 'stale']

async function answersOf(racers: readonly Promise<LeaderRecord>[]): Promise<readonly LeaderRecord[]> {
  const ends = await Promise.allSettled(racers)
  for (const end of ends) if (end.status === 'rejected') await rejectsWith(Promise.reject(end.reason), ...RACED)
  const answers = ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : []))
  assert.ok(answers.length > 0, 'of those who write at once, none was answered')
  return answers
}

export const swapCases: readonly Case[] = [
  rule('read: absent is undefined', async b => assert.equal(await b.read(), undefined)),

  rule('read: what was created, every part of it', async b => {
    await b.create(second)
    await b.stands(second)
  }),

  rule('read: secrets are apart, whatever their names have in common', async b => {
    await b.create(first)
    for (const other of [`${SECRET}/`, SECRET.toUpperCase(), SECRET.replace('-', '_')])
      assert.equal(await b.register.read(other, b.call()), undefined)
  }),

  rule(
    'read: as of now, by another handle too',
    async b => {
      const other = await b.second()
      assert.equal(await b.read(other), undefined)
      await b.swapped()
      await b.stands(second, other)
      await b.swap(second, third)
      await b.stands(third, other)
    },
    'second',
  ),

  rule('create: answers what was created', async b => assert.deepEqual(await b.create(first), first)),

  rule('create: repeat answers the same', async b => {
    for (const _ of [1, 2]) assert.deepEqual(await b.create(first), first)
  }),

  rule('create: there is one already, however old: answers that one', async b => {
    await b.swapped()
    assert.deepEqual(await b.create(third), second)
    await b.stands(second)
  }),

  rule(
    'create: of several at once one wins, all hear the same, and it can be swapped',
    async b => {
      const other = await b.second()
      const answers = await answersOf([b.create(first), b.create(others, other), b.create(first), b.create(others)])
      for (const answer of answers) await b.stands(answer)
      const [stands] = answers
      const next = { ...stands!, sequence: stands!.sequence + 1 }
      assert.deepEqual(await b.swap(stands!, next), next)
    },
    'second',
  ),

  rule(
    'create: one that has looked when there was none, and writes when there is one, answers that one',
    async b => {
      const { register, reached, goOn } = b.held()
      const late = b.create(others, register)
      await reached
      await b.swapped()
      goOn()
      assert.deepEqual(await late, second)
      await b.stands(second)
      assert.deepEqual(await b.swap(second, third), third)
    },
    'held',
  ),

  rule('swap: answers what stands afterwards', async b => {
    await b.swapped()
    assert.deepEqual(await b.swap(second, third), third)
    await b.stands(third)
  }),

  rule('swap: repeat answers the same', async b => {
    await b.swapped()
    for (const _ of [1, 2]) assert.deepEqual(await b.swap(first, second), second)
    await b.stands(second)
  }),

  rule('swap: on a record that has moved, answers what stands, and nothing changes', async b => {
    await b.swapped()
    await b.swap(second, third)
    assert.deepEqual(await b.swap(second, others), third)
    assert.deepEqual(await b.swap(first, second), third)
    await b.stands(third)
  }),

  rule('swap: of an absent record is `secret-not-found`, and makes none', async b => {
    await rejectsWith(b.swap(first, second), 'secret-not-found')
    assert.equal(await b.read(), undefined)
  }),

  rule('swap: many in a row', async b => {
    let stands = await b.create(first)
    for (let sequence = 1; sequence <= 12; sequence++) {
      const next = { ...stands, sequence }
      assert.deepEqual(await b.swap(stands, next), next)
      stands = next
    }
    await b.stands(stands)
  }),

  rule(
    'swap: one that has looked before another’s, and writes after it, answers what stands',
    async b => {
      await b.swapped()
      const { register, reached, goOn } = b.held()
      const late = b.swap(second, others, register)
      await reached
      await b.swap(second, third)
      goOn()
      assert.deepEqual(await late, third)
      await b.stands(third)
    },
    'held',
  ),

  rule(
    'swap: of two at once exactly one wins, and both hear who',
    async b => {
      await b.swapped()
      const answers = await answersOf([b.swap(second, third), b.swap(second, others, await b.second())])
      for (const answer of answers) await b.stands(answer)
      assert.ok([third.leader, others.leader].includes(answers[0]!.leader))
    },
    'second',
  ),

  rule(
    'swap: of ten at once exactly one wins',
    async b => {
      await b.swapped()
      const handles = [b.register, await b.second()]
      const tries = Array.from({ length: 10 }, (_, n) => ({ ...third, since: 3_000 + n }))
      const answers = await answersOf(tries.map((next, n) => b.swap(second, next, handles[n % 2])))
      for (const answer of answers) await b.stands(answer)
    },
    'second',
  ),
]
