/**
 * Writers that die, answers that are lost, and what others do to the record.
 * @module
 */
import assert from 'node:assert/strict'
import type { LeaderRecord } from '../ports/leader-register.ts'
import { recordText } from '../replication/record.ts'
import { rejectsWith } from './conformance.ts'
import { type Case, first, others, rule, SECRET, second, third } from './register-conformance-bench.ts'

export const faultCases: readonly Case[] = [
  rule(
    'swap: what a writer died over is finished by the next, who hears it',
    async b => {
      await b.swapped()
      await rejectsWith(b.swap(second, third, b.handle('dying')), 'unknown')
      await b.stands(second)
      assert.deepEqual(await b.swap(second, others), third)
      await b.stands(third)
      const next = { ...third, sequence: 9 }
      assert.deepEqual(await b.swap(third, next), next)
    },
    'dying',
  ),

  rule(
    'answer lost: the change stands; it is read, and the repeat answers it',
    async b => {
      const deaf = b.handle('unanswered')
      assert.deepEqual((await heard(b.create(first, deaf))) ?? first, first)
      await b.stands(first)
      assert.deepEqual((await heard(b.swap(first, second, deaf))) ?? second, second)
      await b.stands(second)
      assert.deepEqual(await b.create(first), second)
      assert.deepEqual(await b.swap(first, second), second)
    },
    'unanswered',
  ),

  rule('edited: somebody’s record is `conflict`, and stays', async b => {
    await b.swapped()
    await b.write(recordText(others))
    for (const action of [() => b.read(), () => b.swap(others, third), () => b.swap(second, third)])
      await rejectsWith(action(), 'conflict')
    await rejectsWith(b.create(first), 'conflict')
  }),

  rule('foreign: what is no record is `value-unsuitable`, and stays', async b => {
    for (const text of ['who knows', '{"schema":1}', recordText({ ...first, epoch: -1 })]) {
      await b.write(text)
      for (const action of [() => b.read(), () => b.create(first), () => b.swap(first, second)])
        await rejectsWith(action(), 'value-unsuitable')
    }
  }),

  rule(
    'denied: is `access-denied`, never absence',
    async b => {
      await b.swapped()
      const denied = b.handle('denied')
      for (const action of [() => b.read(denied), () => b.create(first, denied), () => b.swap(second, third, denied)])
        assert.ok((await rejectsWith(action(), 'access-denied')).next, 'it does not say what to allow')
      await b.stands(second)
    },
    'denied',
  ),

  rule(
    'unreachable: is an error, never absence',
    async b => {
      const gone = b.handle('unreachable')
      for (const action of [() => b.read(gone), () => b.create(first, gone), () => b.swap(first, second, gone)])
        await rejectsWith(action(), 'store-unavailable', 'unknown')
    },
    'unreachable',
  ),

  rule('aborted: is `aborted`, and nothing changes', async b => {
    await b.swapped()
    const call = { ...b.call(), signal: AbortSignal.abort() }
    await rejectsWith(b.register.read(SECRET, call), 'aborted')
    await rejectsWith(b.register.swap(SECRET, second, third, call), 'aborted')
    await b.stands(second)
  }),
]

/** What the register has found out by itself; undefined: it says that it does not know. */
async function heard(change: Promise<LeaderRecord>): Promise<LeaderRecord | undefined> {
  try {
    return await change
  } catch (thrown) {
    await rejectsWith(Promise.reject(thrown), 'unknown')
    return undefined
  }
}
