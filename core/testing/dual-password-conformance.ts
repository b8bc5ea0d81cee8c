/**
 * What a settable target promises beside the rest where a login has two passwords; part of `settableTargetConformance`.
 * @module
 */
import assert from 'node:assert/strict'
import type { SettableTarget, TargetCall } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { rejectsWith } from './conformance.ts'

interface Fixture {
  readonly target: SettableTarget
  readonly current: Credential
  newPassword(): SecretValue
}

type Check<F> = (fixture: F) => Promise<void>

export function dualPasswordCases<F extends Fixture>(
  callOf: (fixture: F) => TargetCall,
  accepted: (fixture: F, credential: Credential, expected: boolean) => Promise<void>,
): {
  readonly always: readonly (readonly [string, Check<F>])[]
  readonly sight: readonly (readonly [string, Check<F>])[]
} {
  const another = (f: F, credential = f.current): Credential => ({ ...credential, password: f.newPassword() })
  const rotated = async (f: F, current = f.current): Promise<Credential> => {
    const pending = another(f, current)
    await f.target.set({ current, pending }, callOf(f))
    return pending
  }
  const where =
    (check: Check<F>): Check<F> =>
    async f => {
      if (f.target.strategy === 'dual-password') await check(f)
    }
  return {
    always: [
      [
        'two passwords: set again evicts neither',
        where(async f => {
          const pending = await rotated(f)
          for (let i = 0; i < 2; i++) await f.target.set({ current: f.current, pending }, callOf(f))
          await accepted(f, f.current, true)
          await accepted(f, pending, true)
        }),
      ],
      [
        'two passwords: end keeps either, the newer or the older one, and that one alone',
        where(async f => {
          const given = await rotated(f)
          await f.target.end({ previous: given, current: f.current }, callOf(f))
          await accepted(f, given, false)
          await accepted(f, f.current, true)
          const next = await rotated(f)
          await f.target.end({ previous: f.current, current: next }, callOf(f))
          await accepted(f, f.current, false)
          await accepted(f, next, true)
        }),
      ],
      [
        'two passwords: rotation after rotation, there are never more than two',
        where(async f => {
          const second = await rotated(f)
          await f.target.end({ previous: f.current, current: second }, callOf(f))
          const third = await rotated(f, second)
          await accepted(f, f.current, false)
          await accepted(f, second, true)
          await accepted(f, third, true)
        }),
      ],
      [
        'two passwords: end of one that is not there changes nothing',
        where(async f => {
          for (let i = 0; i < 2; i++) await f.target.end({ previous: another(f), current: f.current }, callOf(f))
          await accepted(f, f.current, true)
        }),
      ],
      [
        'two passwords: end with a current that is refused is auth-failed, and nothing was changed',
        where(async f => {
          const pending = await rotated(f)
          const stranger = another(f)
          await rejectsWith(f.target.end({ previous: f.current, current: stranger }, callOf(f)), 'auth-failed')
          await accepted(f, f.current, true)
          await accepted(f, pending, true)
          await accepted(f, stranger, false)
        }),
      ],
      [
        'two passwords: what is forced is the only one',
        where(async f => {
          if (f.target.force === undefined) return
          const pending = await rotated(f)
          const forced = another(f)
          await f.target.force(forced, callOf(f))
          await accepted(f, f.current, false)
          await accepted(f, pending, false)
          await accepted(f, forced, true)
        }),
      ],
    ],
    sight: [
      [
        'two passwords: a second one that is neither current nor pending is not-ours, and nothing was changed',
        where(async f => {
          const second = await rotated(f)
          const third = another(f)
          await rejectsWith(f.target.set({ current: second, pending: third }, callOf(f)), 'not-ours')
          assert.equal(third.username, second.username)
          await accepted(f, f.current, true)
          await accepted(f, second, true)
          await accepted(f, third, false)
        }),
      ],
      [
        'two passwords: end beside one that is neither previous nor current is not-ours, and nothing was changed',
        where(async f => {
          const second = await rotated(f)
          const change = { previous: another(f), current: f.current }
          await rejectsWith(f.target.end(change, callOf(f)), 'not-ours')
          await accepted(f, f.current, true)
          await accepted(f, second, true)
        }),
      ],
    ],
  }
}
