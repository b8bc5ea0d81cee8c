/**
 * The contract of an issuing target, one case a sentence, for any test runner. A target of one's own supplies a fixture.
 * @module
 */
import assert from 'node:assert/strict'
import type { IssuedKey, IssuingTarget, TargetCall } from '../ports/rotation-target.ts'
import type { RotationId } from '../ports/secret-store.ts'
import type { Credential } from '../secret/credential.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { type ConformanceCase, rejectsWith } from './conformance.ts'

export interface IssuingFixture {
  readonly target: IssuingTarget
  /** A live key that no rotation has asked for, and that is not to be revoked. */
  readonly current: Credential
  /** The clock that the target's deadlines are measured by. */
  now(): number
  close?(): Promise<void>
}

/** Each case makes a fixture of its own, with room for at least one more key. */
export const issuingTargetConformance = (make: () => Promise<IssuingFixture>): readonly ConformanceCase[] =>
  cases.map(([name, check]) => ({
    name,
    async run() {
      const fixture = await make()
      try {
        await check(fixture)
      } finally {
        await fixture.close?.()
      }
    },
  }))

const rotation = 'ls-conformance' as RotationId

const callOf = ({ now }: IssuingFixture, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: now() + 20_000,
})

const find = async (f: IssuingFixture, { username }: Credential): Promise<IssuedKey | undefined> =>
  (await f.target.list(callOf(f))).find(({ key }) => key === username)

const accepted = async (f: IssuingFixture, credential: Credential): Promise<boolean> => {
  const answer = await f.target.accepts(credential, callOf(f))
  const named = [...answer.accepted, ...answer.refused].sort()
  assert.deepEqual(named, [...f.target.endpoints].sort(), 'accepts must name every endpoint once')
  return answer.refused.length === 0
}

/** Issues until the issuer refuses; answers how many keys were live then. */
async function fill(f: IssuingFixture): Promise<number> {
  while ((await f.target.list(callOf(f))).length < f.target.limit) await f.target.issue(rotation, callOf(f))
  return (await f.target.list(callOf(f))).length
}

type Case = readonly [name: string, check: (fixture: IssuingFixture) => Promise<void>]

const cases: readonly Case[] = [
  [
    'an issued key passes its test, and current goes on working',
    async f => {
      const issued = await f.target.issue(rotation, callOf(f))
      await f.target.test(issued, callOf(f))
      await f.target.test(f.current, callOf(f))
    },
  ],
  [
    'list shows what issue has made, and since when',
    async f => {
      const before = f.now()
      const key = await find(f, await f.target.issue(rotation, callOf(f)))
      assert.ok(key, 'the issued key is not listed')
      assert.ok(Math.abs(key.createdAt - before) < 60_000, 'createdAt is not the time of issue')
    },
  ],
  [
    'a tag, where there is one, names the rotation',
    async f => {
      const key = await find(f, await f.target.issue(rotation, callOf(f)))
      assert.ok(key?.rotation === undefined || key.rotation === rotation, 'the tag names another rotation')
    },
  ],
  [
    'two issues make two keys',
    async f => {
      if (f.target.limit - (await f.target.list(callOf(f))).length < 2) return
      const [one, two] = [await f.target.issue(rotation, callOf(f)), await f.target.issue(rotation, callOf(f))]
      assert.notEqual(one.username, two.username)
      assert.ok(!one.password.equals(two.password), 'two keys have the same secret')
    },
  ],
  ['list shows keys that are not ours', async f => assert.ok(await find(f, f.current), 'current is not listed')],
  [
    'a revoked key is refused and not listed; revoked again: nothing happens; others stay',
    async f => {
      const issued = await f.target.issue(rotation, callOf(f))
      for (const _ of ['once', 'again']) await f.target.revoke(issued.username, callOf(f))
      assert.equal(await find(f, issued), undefined)
      assert.equal(await accepted(f, issued), false)
      assert.equal(await accepted(f, f.current), true)
    },
  ],
  ['revoking a key that never was: nothing happens', f => f.target.revoke('no-such-key', callOf(f))],
  [
    'at the limit, issue is key-limit and makes nothing',
    async f => {
      const live = await fill(f)
      await rejectsWith(f.target.issue(rotation, callOf(f)), 'key-limit')
      assert.equal((await f.target.list(callOf(f))).length, live)
    },
  ],
  [
    'a wrong secret is auth-failed and says where, and no error shows it',
    async f => {
      const canary = SecretValue.of('Wrong-canary-71b3/x')
      const error = await rejectsWith(f.target.test({ ...f.current, password: canary }, callOf(f)), 'auth-failed')
      assert.ok(error.at !== undefined && f.target.endpoints.includes(error.at), 'the error names no endpoint')
      assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes('Wrong-canary'), 'an error shows a value')
      assert.equal(await accepted(f, { ...f.current, password: canary }), false)
    },
  ],
  [
    'an aborted call rejects and changes nothing',
    async f => {
      const live = await f.target.list(callOf(f))
      await rejectsWith(f.target.issue(rotation, callOf(f, AbortSignal.abort())), 'aborted')
      await rejectsWith(f.target.revoke(f.current.username, callOf(f, AbortSignal.abort())), 'aborted')
      assert.deepEqual(await f.target.list(callOf(f)), live)
    },
  ],
  [
    'examine finds nothing in the way, and changes nothing',
    async f => {
      const live = await f.target.list(callOf(f))
      const findings = await f.target.examine(f.current, callOf(f))
      assert.deepEqual(
        findings.filter(({ weight }) => weight === 'blocks'),
        [],
      )
      assert.deepEqual(await f.target.list(callOf(f)), live)
    },
  ],
]
