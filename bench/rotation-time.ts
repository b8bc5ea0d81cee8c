/**
 * One rotation against a bare script that makes the same logins and statements, in turn, in the same run; and the time in which
 * the consumers of a single user are locked out.
 * @module
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { storedForm } from '../core/targets/postgres/verifier.ts'
import { type Arena, nameOf, type Strategy } from './arena.ts'
import { median, type Result, result, timed } from './result.ts'
import { recorded, renamed, replay, whenChanged } from './wire.ts'

const PAIRS = 100
/** The first ones are slower on both sides: code that is not compiled yet. */
const WARM_UP = 10

const GOAL = 1.3

export async function rotationTime(arena: Arena, strategy: Strategy): Promise<Result[]> {
  const setup = await arena.setup(strategy)
  const engine = nameOf(strategy, 'engine')
  await reachSteadyState(arena, setup, strategy)
  const sessions = renamed(await recorded(() => arena.rotate(setup)), engine, nameOf(strategy, 'replay'))
  const passwords = await knownPasswords(arena, strategy)
  const server = arena.playground.server.config()
  const times: { rotated: number; bare: number }[] = []
  for (let pair = 0; pair < PAIRS + WARM_UP; pair++) {
    await arena.prepare(setup)
    const next = await freshPassword() // made before: the bare script does nothing else
    const bare = () => timed(() => replay(sessions, { server, passwords, next }))
    const rotated = () => timed(() => arena.rotate(setup))
    // in turn, and each first every other time
    const [one, two] = pair % 2 === 0 ? [await rotated(), await bare()] : [await bare(), await rotated()]
    if (pair >= WARM_UP) times.push(pair % 2 === 0 ? { rotated: one, bare: two } : { rotated: two, bare: one })
  }
  return [
    // of each pair, because what else the machine does slows both of a pair down
    result(`${strategy}: one rotation / the bare script`, median(times.map(t => t.rotated / t.bare)), '×', GOAL),
    result(`${strategy}: one rotation`, median(times.map(t => t.rotated)), 'ms'),
    result(`${strategy}: the bare script`, median(times.map(t => t.bare)), 'ms'),
  ]
}

/** Both logins bear our mark already, and the first one is current, as it is for the bare script. */
async function reachSteadyState(arena: Arena, setup: RotationSetup, strategy: Strategy): Promise<void> {
  const first = (await arena.current(await arena.setup(strategy, 'replay'))).username
  for (let rotations = 0; ; rotations++) {
    await arena.prepare(setup)
    const { username } = await arena.current(setup)
    if (rotations >= 2 && username === first.replace('replay', 'engine')) return
    await arena.rotate(setup)
  }
}

/** Of the logins that the bare script uses. */
async function knownPasswords(arena: Arena, strategy: Strategy): Promise<Map<string, string>> {
  const { store, shape, ...setup } = await arena.setup(strategy, 'replay')
  const admin = await arena.current({ store, shape: (await arena.setup('single-user')).shape, id: 'admin' })
  const own = await arena.current({ store, shape, id: setup.id })
  return new Map([own, admin].map(({ username, password }) => [username, password.reveal()]))
}

async function freshPassword(): Promise<{ password: string; verifier: string }> {
  const password = randomBytes(24).toString('hex')
  return { password, verifier: await storedForm({ username: '', password: SecretValue.of(password) }, undefined) }
}

/** From the server's answer to the change until the promotion is durable, against one login and one write to the store. */
export async function singleUserWindow(arena: Arena): Promise<Result[]> {
  const setup = await arena.setup('single-user')
  const windows: number[] = []
  const parts: number[] = []
  for (let turn = 0; turn < PAIRS; turn++) {
    await arena.prepare(setup)
    let promoted = Number.NaN
    const watched = watchPromotion(setup, at => {
      promoted = at
    })
    const changed = await whenChanged(() => arena.rotate(watched))
    windows.push(promoted - changed)
    parts.push(await loginAndWrite(arena, setup))
  }
  return [
    result('single-user: window / (one login + one store write)', median(windows) / median(parts), '×'),
    result('single-user: window (old password dead, new one not yet current)', median(windows), 'ms'),
    result('one login + one store write', median(parts), 'ms'),
  ]
}

function watchPromotion(setup: RotationSetup, onDone: (at: number) => void): RotationSetup {
  const { store } = setup
  const promote: typeof store.promote = async (...args) => {
    const done = await store.promote(...args)
    onDone(performance.now())
    return done
  }
  const watched = new Proxy(store, {
    get: (_, name) => {
      if (name === 'promote') return promote
      const member: unknown = Reflect.get(store, name)
      return typeof member === 'function' ? member.bind(store) : member
    },
  })
  return { ...setup, store: watched }
}

async function loginAndWrite(arena: Arena, setup: RotationSetup): Promise<number> {
  const { username, password } = await arena.current(setup)
  const { workspace, server } = arena.playground
  const store = await workspace.store('local')
  const client = new pg.Client({ ...server.config(username, password.reveal()) })
  const value = SecretValue.of('x'.repeat(100))
  const took = await timed(async () => {
    await client.connect()
    await store.put('scratch', value, arena.call())
  })
  await client.end()
  return took
}
