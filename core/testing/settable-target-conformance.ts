/**
 * The contract of a settable target, one case a sentence, for any test runner: `for (const { name, run } of cases) test(name, run)`.
 * A target of one's own supplies a fixture; what it cannot supply it declares in `without`, so that nothing passes by absence.
 * @module
 */
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { RotationError } from '../errors.ts'
import type { SettableTarget, TargetCall } from '../ports/rotation-target.ts'
import type { Credential } from '../secret/credential.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { type ConformanceCase, rejectsWith } from './conformance.ts'
import { dualPasswordCases } from './dual-password-conformance.ts'

/** A session such as a consumer holds. */
export interface ConsumerSession {
  /** Throws if the session is dead. */
  use(): Promise<void>
  close(): Promise<void>
}

export interface SettableFixture {
  readonly target: SettableTarget
  /** The target accepts it on every endpoint; its password has at least 8 characters. */
  readonly current: Credential
  /** A value that the target has not seen and its policy allows. */
  newPassword(): SecretValue
  /** The clock that the target's deadlines are measured by. */
  now(): number
  /** The same target with at least one endpoint where nothing answers. */
  readonly unreachable?: SettableTarget
  /** The next change loses its connection after it was sent and before it was answered. */
  loseNextAnswer?(): void | Promise<void>
  connect?(credential: Credential): Promise<ConsumerSession>
  close?(): Promise<void>
}

/** `sight`: the server shows whether a login has a second password that is neither current nor pending. */
type Part = 'unreachable' | 'loseNextAnswer' | 'connect' | 'sight'

export interface SettableConformanceOptions {
  readonly without?: readonly Part[]
}

/** Each case makes a fixture of its own, so `make` is called often: it should reset rather than start a server. */
export function settableTargetConformance(
  make: () => Promise<SettableFixture>,
  { without = [] }: SettableConformanceOptions = {},
): readonly ConformanceCase[] {
  const has = (part: Part) => !without.includes(part)
  const chosen = [
    ...always,
    ...twoPasswords.always,
    ...(has('sight') ? twoPasswords.sight : []),
    ...(has('connect') ? withSessions : []),
    ...(has('loseNextAnswer') ? withLostAnswer : []),
    ...(has('unreachable') ? withUnreachable : []),
  ]
  return chosen.map(([name, check]) => ({
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
}

type Case = readonly [name: string, check: (fixture: SettableFixture) => Promise<void>]

const callOf = (fixture: SettableFixture, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: fixture.now() + 20_000,
})

const pendingOf = ({ target, current, newPassword }: SettableFixture, password = newPassword()): Credential => ({
  ...current,
  username: target.nextUsername(current),
  password,
})

/** One rotation as far as the target sees it; answers the new credential. */
async function rotated(fixture: SettableFixture): Promise<Credential> {
  const pending = pendingOf(fixture)
  await fixture.target.set({ current: fixture.current, pending }, callOf(fixture))
  return pending
}

async function acceptedEverywhere(fixture: SettableFixture, credential: Credential, expected: boolean): Promise<void> {
  const { accepted, refused } = await fixture.target.accepts(credential, callOf(fixture))
  assert.deepEqual(
    [...accepted, ...refused].sort(),
    [...fixture.target.endpoints].sort(),
    'accepts must name every endpoint once',
  )
  assert.equal(
    expected ? refused.length : accepted.length,
    0,
    `expected to be ${expected ? 'accepted' : 'refused'} everywhere`,
  )
}

const twoPasswords = dualPasswordCases<SettableFixture>(callOf, acceptedEverywhere)

const wrong = (credential: Credential): Credential => ({
  ...credential,
  password: SecretValue.of('Wrong-canary-71b3/"x'),
})

/** What a person, a log or a machine could see of an error, searched for a value in five encodings. */
function assertNoTrace(error: RotationError, ...values: readonly SecretValue[]): void {
  const seen = [error.message, error.stack, JSON.stringify(error), String(error), inspect(error, { depth: 9 })].join(
    '\n',
  )
  for (const value of values) {
    const text = value.reveal()
    const bytes = Buffer.from(text)
    const forms = [
      text,
      bytes.toString('base64'),
      bytes.toString('hex'),
      encodeURIComponent(text),
      JSON.stringify(text).slice(1, -1),
    ]
    for (const form of forms) assert.ok(!seen.includes(form), 'an error shows a secret value')
  }
}

const AWKWARD = `Aw1-'"\\%s$1;--`

const always: readonly Case[] = [
  [
    'set makes pending valid: test passes and every endpoint accepts it',
    async f => {
      const pending = await rotated(f)
      await f.target.test(pending, callOf(f))
      await acceptedEverywhere(f, pending, true)
    },
  ],
  [
    'the old credential fares as overlap says',
    async f => {
      await rotated(f)
      await acceptedEverywhere(f, f.current, f.target.overlap === 'both-valid')
    },
  ],
  [
    'nextUsername is pure, and of a foreign user says identity-mismatch or keeps the name',
    async f => {
      assert.equal(f.target.nextUsername(f.current), f.target.nextUsername(f.current))
      const foreign = { ...f.current, username: 'nobody_of_ours' }
      try {
        assert.equal(f.target.nextUsername(foreign), foreign.username)
      } catch (error) {
        await rejectsWith(Promise.reject(error), 'identity-mismatch')
      }
    },
  ],
  [
    'set twice is harmless',
    async f => {
      const pending = pendingOf(f)
      await f.target.set({ current: f.current, pending }, callOf(f))
      // once the change of a gap strategy is made, pending is what logs in
      const current = f.target.overlap === 'gap' ? pending : f.current
      await f.target.set({ current, pending }, callOf(f))
      await f.target.test(pending, callOf(f))
    },
  ],
  [
    'a pending that names another user is refused before anything is changed',
    async f => {
      const pending = { ...pendingOf(f), username: 'nobody_of_ours' }
      await rejectsWith(f.target.set({ current: f.current, pending }, callOf(f)), 'identity-mismatch')
      await acceptedEverywhere(f, f.current, true)
    },
  ],
  [
    'a refused current is auth-failed, and nothing was changed',
    async f => {
      const pending = pendingOf(f)
      await rejectsWith(f.target.set({ current: wrong(f.current), pending }, callOf(f)), 'auth-failed')
      await acceptedEverywhere(f, f.current, true)
      await acceptedEverywhere(f, pending, false)
    },
  ],
  [
    'test of a wrong password is auth-failed and says where',
    async f => {
      const error = await rejectsWith(f.target.test(wrong(f.current), callOf(f)), 'auth-failed')
      assert.ok(f.target.endpoints.includes(error.at ?? ''), 'the error must name the endpoint')
    },
  ],
  ['accepts puts every endpoint in exactly one list', async f => acceptedEverywhere(f, wrong(f.current), false)],
  ...[AWKWARD, `${AWKWARD}-é漢🔑`].map(
    (awkward): Case => [
      `a password with quotes, backslash, percent, dollar, semicolon${awkward === AWKWARD ? '' : ' and unicode'} works, or is refused and not applied`,
      async f => {
        const pending = pendingOf(f, SecretValue.of(awkward))
        try {
          await f.target.set({ current: f.current, pending }, callOf(f))
        } catch (error) {
          await rejectsWith(Promise.reject(error), 'value-rejected')
          return acceptedEverywhere(f, f.current, true)
        }
        await f.target.test(pending, callOf(f))
      },
    ],
  ),
  [
    'an aborted signal rejects, and nothing was changed',
    async f => {
      const pending = pendingOf(f)
      const call = callOf(f, AbortSignal.abort())
      await rejectsWith(f.target.set({ current: f.current, pending }, call), 'aborted')
      await rejectsWith(f.target.test(f.current, call), 'aborted')
      await acceptedEverywhere(f, f.current, true)
      await acceptedEverywhere(f, pending, false)
    },
  ],
  [
    'a deadline that has passed is no-time, and nothing was changed',
    async f => {
      const call = { ...callOf(f), deadline: f.now() - 1 }
      await rejectsWith(f.target.set({ current: f.current, pending: pendingOf(f) }, call), 'no-time')
      await acceptedEverywhere(f, f.current, true)
    },
  ],
  [
    'end refuses the credential that current names',
    async f => {
      await rejectsWith(f.target.end({ previous: f.current, current: f.current }, callOf(f)), 'refused')
      await acceptedEverywhere(f, f.current, true)
    },
  ],
  [
    'end: previous is refused everywhere, current still works, and again',
    async f => {
      const current = await rotated(f)
      const change = { previous: f.current, current }
      if (f.target.overlap === 'gap') await rejectsWith(f.target.end(change, callOf(f)), 'refused')
      else for (let i = 0; i < 2; i++) await f.target.end(change, callOf(f))
      await acceptedEverywhere(f, f.current, false)
      await acceptedEverywhere(f, current, true)
    },
  ],
  [
    'examine of a healthy target blocks nothing and changes nothing',
    async f => {
      const findings = await f.target.examine(f.current, callOf(f))
      assert.deepEqual(
        findings.filter(({ weight }) => weight === 'blocks').map(({ kind }) => kind),
        [],
      )
      await acceptedEverywhere(f, f.current, true)
    },
  ],
  [
    'force, where there is one, makes a credential valid without knowing the old one',
    async f => {
      if (f.target.force === undefined) return
      const forced = { ...f.current, password: f.newPassword() }
      await f.target.force(forced, callOf(f))
      await acceptedEverywhere(f, forced, true)
    },
  ],
  [
    'no error shows a value, in five encodings',
    async f => {
      const pending = pendingOf(f)
      const bad = wrong(f.current)
      const errors = [
        await rejectsWith(f.target.set({ current: bad, pending }, callOf(f)), 'auth-failed'),
        await rejectsWith(f.target.test(bad, callOf(f)), 'auth-failed'),
        await rejectsWith(f.target.end({ previous: f.current, current: f.current }, callOf(f)), 'refused'),
        await rejectsWith(f.target.set({ current: f.current, pending }, callOf(f, AbortSignal.abort())), 'aborted'),
      ]
      for (const error of errors) assertNoTrace(error, bad.password, pending.password, f.current.password)
    },
  ],
]

const supplied = <T>(part: T | undefined, name: string): T =>
  part ?? assert.fail(`the fixture has no ${name}: supply it, or declare it in \`without\``)

const withSessions: readonly Case[] = [
  [
    'open sessions survive set and end',
    async f => {
      const connect = supplied(f.connect, 'connect')
      const session = await connect(f.current)
      try {
        const current = await rotated(f)
        await session.use()
        if (f.target.overlap === 'both-valid') await f.target.end({ previous: f.current, current }, callOf(f))
        await session.use()
      } finally {
        await session.close()
      }
    },
  ],
  [
    'sessions and endSessions, where they exist, see a session by when it was opened, and end it',
    async f => {
      const { sessions, endSessions } = f.target
      const session = await supplied(f.connect, 'connect')(f.current)
      const minute = 60_000
      try {
        const since = (moment: number) => sessions?.(f.current, f.current, moment, callOf(f))
        assert.ok([1, undefined].includes(await since(f.now() - minute)), 'the session must be counted')
        assert.ok([0, undefined].includes(await since(f.now() + minute)), 'it was not opened after that')
        const end = (before: number) => endSessions?.(f.current, f.current, { before }, callOf(f))
        assert.ok([0, undefined].includes(await end(f.now() - minute)), 'it was not opened before that')
        await session.use()
        if ((await end(f.now() + minute)) !== undefined) await assert.rejects(session.use())
      } finally {
        await session.close()
      }
    },
  ],
]

const withLostAnswer: readonly Case[] = [
  [
    'an answer that is lost after the change was sent is unknown-outcome, and set can be repeated',
    async f => {
      const pending = pendingOf(f)
      await supplied(f.loseNextAnswer, 'loseNextAnswer')()
      const error = await rejectsWith(f.target.set({ current: f.current, pending }, callOf(f)), 'unknown-outcome')
      assertNoTrace(error, pending.password, f.current.password)
      // applied or not: whichever of the two logs in as current carries on
      const { refused } = await f.target.accepts(f.current, callOf(f))
      await f.target.set({ current: refused.length === 0 ? f.current : pending, pending }, callOf(f))
      await f.target.test(pending, callOf(f))
    },
  ],
]

const withUnreachable: readonly Case[] = [
  [
    'an endpoint that does not answer is target-unreachable, never auth-failed, and nothing was changed',
    async f => {
      const target = supplied(f.unreachable, 'unreachable')
      const pending = pendingOf(f)
      const errors = [
        await rejectsWith(target.set({ current: f.current, pending }, callOf(f)), 'target-unreachable'),
        await rejectsWith(target.set({ current: wrong(f.current), pending }, callOf(f)), 'target-unreachable'),
        await rejectsWith(target.test(f.current, callOf(f)), 'target-unreachable'),
        await rejectsWith(target.accepts(f.current, callOf(f)), 'target-unreachable'),
      ]
      for (const error of errors) assertNoTrace(error, pending.password, f.current.password)
      await acceptedEverywhere(f, f.current, true)
      await acceptedEverywhere(f, pending, false)
    },
  ],
]
