import { expect, it } from 'vitest'
import type { RotationId } from '../../../core/ports/secret-store.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { ID, noteShape } from '../../../core/testing/simulation/world.ts'
import { Bench, codeOf, DAY } from './support.ts'

it.each(['single-user', 'alternating-users', 'issue-then-revoke'] as const)(
  'Ownership, %s: a pending version that is not ours stops the run, for ever, untouched',
  async strategy => {
    const bench = new Bench(strategy)
    bench.store.seedForeignPending(ID, bench.value(bench.current, 'theirs'))
    bench.clock.advance(30 * DAY)
    for (const more of [{}, { force: true }] as const) expect(await codeOf(bench.rotate(more))).toBe('not-ours')
    expect(await codeOf(bench.rollback())).toBe('refused')
    expect((await bench.state()).pending).toMatchObject({ ours: false })
    expect(bench.works('current')).toBe(true)
    expect(bench.recorded('rotation_failed').at(0)).toMatchObject({ result: 'refused' })
  },
)

it.each([
  ['single-user', 'app_x'],
  ['alternating-users', 'app_a'],
  ['alternating-users', 'somebody-else'],
] as const)('Ownership, %s: pending that names the user %s is never set', async (strategy, username) => {
  const bench = new Bench(strategy)
  const { current } = await bench.state()
  const value = bench.value({ username, password: bench.password() })
  await bench.store.putPending(ID, { rotation: 'ours' as RotationId, base: current.version, value }, bench.call())
  const held = bench.server.passwordOf(username)
  expect(await codeOf(bench.rotate())).toBe('identity-mismatch')
  expect(bench.server.passwordOf(username)).toBe(held)
})

it('Ownership: pending that names another host than current is never set', async () => {
  const bench = new Bench('single-user')
  const before = bench.current
  await bench.begun()
  const pending = bench.staged('pending')!
  const read = (value: SecretValue) => {
    const credential = noteShape.read(value)
    return { ...credential, host: credential.password.equals(pending.password) ? 'elsewhere' : 'here' }
  }
  const { rotate } = await import('../../../core/rotation/rotate.ts')
  const setup = { ...bench.wired, shape: { ...noteShape, read } }
  expect(await codeOf(rotate(setup, bench.request(), bench.abort.signal))).toBe('identity-mismatch')
  expect(bench.accepts(before)).toBe(true)
})

it('Ownership: current that names a user outside of the pair is refused before anything is written', async () => {
  const bench = new Bench('alternating-users')
  const stranger = { username: 'somebody-else', password: SecretValue.of('not ours') }
  bench.edit(stranger)
  bench.clock.advance(DAY)
  expect(await codeOf(bench.rotate())).toBe('identity-mismatch')
  expect((await bench.state()).pending).toBeUndefined()
  expect(bench.accepts(stranger)).toBe(true)
})

it('Ownership: a value that a person brings does not replace one that is pending', async () => {
  const bench = new Bench('single-user')
  const pending = await bench.begun()
  expect(await codeOf(bench.rotate({ value: SecretValue.of('brought') }))).toBe('refused')
  expect(bench.staged('pending')?.password.equals(pending.password)).toBe(true)
})
