/**
 * Hooks of consumers from the command line: a real receiver, a real program, the local store.
 */
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import { startFake } from '../core/hooks/server.ts'
import { HOUR, projects } from './support.ts'

const project = projects()
const KEY = 'the-key-of-the-receiver'

/** A service with one login, in the memory of its module. */
const service = `
const passwords = new Map([['app', 'first-password-1']])
export function createTarget(_, { RotationError }) {
  const login = ({ username, password }) => passwords.get(username) === password.reveal()
  const refused = () => new RotationError('auth-failed', 'The service refused the login.', { at: 'one' })
  return {
    kind: 'settable', engine: 'own', strategy: 'single-user', overlap: 'gap', endpoints: ['one'],
    nextUsername: ({ username }) => username,
    async test(credential) { if (!login(credential)) throw refused() },
    async accepts(credential) {
      return login(credential) ? { accepted: ['one'], refused: [] } : { accepted: [], refused: ['one'] }
    },
    async examine() { return [] },
    async set({ current, pending }) {
      if (login(pending)) return
      if (!login(current)) throw refused()
      passwords.set(pending.username, pending.password.reveal())
    },
    async end() { throw new RotationError('refused', 'Current names this login.') },
  }
}
`

/** Of this machine, as many hours later as a test says. */
class LaterClock implements Clock {
  hours = 0
  now = () => systemClock.now() + this.hours * HOUR
  sleep = (ms: number, signal: AbortSignal) => systemClock.sleep(ms, signal)
}

test('a rotation tells its consumers; the old credential waits for the required one, or for a person', async () => {
  const here = project()
  const clock = new LaterClock()
  let status = 202
  const { url, received } = await startFake(() => ({ status }))
  const module = here.write('service.mjs', service)
  const code = `require('fs').writeFileSync(process.argv[1], process.env.LOCKSTEP_CONSUMER + ' ' + process.argv[2])`
  const consumer = (name: string, hook: object) => ({ name, kind: 'vm', refresh: '1s', connectRetry: '1s', hook })
  here.configure({
    secrets: {
      own: {
        strategy: 'single-user',
        grace: '1m',
        target: { kind: 'module', module },
        consumers: [
          consumer('api', { kind: 'webhook', url, key: { id: 'hook-key' }, required: true }),
          consumer('job', { kind: 'command', run: [process.execPath, '-e', code, here.at('told'), '{version}'] }),
          consumer('gone', { kind: 'command', run: ['/nowhere/at-all'] }),
        ],
      },
    },
  })
  await here.ok(['secret', 'put', 'own'], { clock, input: '{"username":"app","password":"first-password-1"}' })
  await here.ok(['secret', 'put', 'hook-key', '--store', 'local'], { clock, input: KEY })

  const { data } = await here.json(['rotate', 'own', '--force'], { clock, env: { PATH: process.env.PATH! } })
  expect(data).toMatchObject({ outcome: 'rotated' })
  expect(readFileSync(here.at('told'), 'utf8')).toBe(`job ${data.new}`)
  const [{ headers, body } = { headers: {}, body: '' } as (typeof received)[0]] = received
  expect(JSON.parse(body)).toMatchObject({ secret: 'own', consumer: 'api', version: data.new })
  const expected = createHmac('sha256', KEY).update(`${headers['lockstep-timestamp']}.${body}`).digest('hex')
  expect(headers['lockstep-signature']).toBe(`v1=${expected}`)

  const history = await here.json(['history', 'own'], { clock })
  const told = history.data.events.filter((event: { event_type: string }) => event.event_type === 'consumer_hook')
  expect(told.map(({ metadata, result }: never) => [(metadata as { consumer: string }).consumer, result])).toEqual(
    expect.arrayContaining([
      ['api', 'waiting'],
      ['job', 'success'],
      ['gone', 'failure'],
    ]),
  )

  clock.hours = 1
  const waiting = await here.main(['retire', 'own'], { clock, terminal: true })
  expect(waiting.code).toBe(3)
  expect(waiting.stdout).toContain('Required consumers have not followed yet: api.')
  expect(waiting.stdout + waiting.stderr).toContain('--release consumers --reason')
  status = 500
  expect((await here.main(['retire', 'own', '--release', 'consumers'], { clock })).code).toBe(2)
  const args = ['retire', 'own', '--release', 'consumers', '--reason', 'api is gone']
  expect((await here.json(args, { clock })).data).toMatchObject({ outcome: 'retired' })
  expect(here.printed).not.toContain(KEY)
}, 30_000)

test('a required consumer that follows lets the old credential end', async () => {
  const here = project()
  const clock = new LaterClock()
  const module = here.write('service.mjs', service)
  const code = 'process.exit(require("fs").existsSync(process.argv[1]) ? 0 : 75)'
  const hook = { kind: 'command', run: [process.execPath, '-e', code, here.at('ready')], required: true }
  const consumers = [{ name: 'api', kind: 'vm', refresh: '1s', connectRetry: '1s', hook }]
  const target = { kind: 'module', module }
  here.configure({ secrets: { own: { strategy: 'single-user', grace: '1m', target, consumers } } })
  await here.ok(['secret', 'put', 'own'], { clock, input: '{"username":"app","password":"first-password-1"}' })
  await here.ok(['rotate', 'own', '--force'], { clock })
  clock.hours = 1
  expect((await here.json(['retire', 'own'], { clock })).data).toMatchObject({ outcome: 'waiting', for: 'consumers' })
  expect(existsSync(here.at('ready'))).toBe(false)
  writeFileSync(here.at('ready'), '')
  expect((await here.json(['retire', 'own'], { clock })).data).toMatchObject({ outcome: 'retired' })
}, 30_000)
