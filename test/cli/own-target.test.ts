/**
 * A target of one's own: a module in the project, tried by the conformance suite, then rotated.
 */
import { expect, test } from 'vitest'
import { projects } from './support.ts'

const project = projects()

/** A service with one password per login, in the memory of its module. Uses nothing but what it is handed. */
const service = (fault = '') => `
const passwords = new Map([['app', 'first-password-1']])
export function createTarget({ endpoints = ['one'] }, { RotationError, now }) {
  const login = ({ username, password }, { signal, deadline }) => {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (now() >= deadline) throw new RotationError('no-time', 'No time is left.')
    return passwords.get(username) === password.reveal()
  }
  const refused = new RotationError('auth-failed', 'The service refused the login.', { at: 'one' })
  return {
    kind: 'settable', engine: 'own', strategy: 'single-user', overlap: 'gap', endpoints,
    nextUsername: ({ username }) => username,
    async test(credential, call) { if (!login(credential, call)) throw refused },
    async accepts(credential, call) {
      const yes = login(credential, call)
      return { accepted: yes ? endpoints : [], refused: yes ? [] : endpoints }
    },
    async examine() { return [] },
    async set({ current, pending }, call) {
      ${fault}
      if (pending.username !== current.username)
        throw new RotationError('identity-mismatch', 'Pending names another login.')
      if (login(pending, call)) return
      if (!login(current, call)) throw refused
      passwords.set(pending.username, pending.password.reveal())
    },
    async end({ previous, current }) {
      throw new RotationError('refused', 'Current names this login.')
    },
  }
}
let made = 0
export const conformance = {
  without: ['unreachable', 'loseNextAnswer', 'connect'],
  async make(deps) {
    passwords.set('app', 'first-password-1')
    return {
      target: createTarget({}, deps),
      current: { username: 'app', password: deps.SecretValue.of('first-password-1') },
      newPassword: () => deps.SecretValue.of('fresh-password-' + ++made),
      now: deps.now,
    }
  },
}
`

test('check --target runs the suite, and names what it did not try', async () => {
  const here = project()
  here.write('my-target.mjs', service())
  const ran = await here.main(['check', '--target', './my-target.mjs'])
  expect(ran.code, ran.stdout).toBe(0)
  expect(ran.stdout).toMatch(
    /✔ set makes pending valid[\s\S]*of \d+ cases hold\. Not tried, the fixture has no: unreachable/,
  )
  const { data } = await here.json(['check', '--target', 'my-target.mjs'])
  expect(data).toMatchObject({ ok: true, without: ['unreachable', 'loseNextAnswer', 'connect'] })
})

test('a target that breaks the contract is named, case by case; what it throws is not repeated', async () => {
  const here = project()
  here.write('broken.mjs', service("throw new Error('leaks first-password-1')"))
  const ran = await here.main(['check', '--target', './broken.mjs'])
  expect(ran.code).toBe(4)
  expect(ran.stdout).toContain('✖ set makes pending valid')
  expect(ran.stdout + ran.stderr).not.toContain('first-password-1')
})

test('a module that is none', async () => {
  const here = project()
  here.write('empty.mjs', 'export {}')
  here.write('wrong.mjs', 'export const = 1')
  for (const [module, says] of [
    ['absent.mjs', 'does not exist'],
    ['empty.mjs', 'exports no fixture'],
    ['wrong.mjs', 'cannot be loaded'],
  ] as const)
    expect(await here.main(['check', '--target', module])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(says),
    })
})

test('it rotates like any other', async () => {
  const here = project()
  const module = here.write('my-target.mjs', service())
  here.configure({ secrets: { own: { strategy: 'single-user', target: { kind: 'module', module } } } })
  await here.ok(['secret', 'put', 'own'], { input: '{"username":"app","password":"first-password-1"}' })
  expect((await here.ok(['check', '--connect'])).stdout).toContain('✔ one accepts app')
  expect((await here.json(['rotate', 'own', '--force'])).data.outcome).toBe('rotated')
  expect((await here.ok(['check', '--connect'])).stdout).toContain('✔ one accepts app')
})
