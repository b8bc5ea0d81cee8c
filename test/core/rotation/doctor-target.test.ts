import { expect, it } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { diagnose } from '../../../core/rotation/doctor/doctor.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { CANARY } from '../../../core/testing/simulation/world.ts'
import { Bench, DAY, failing, GRACE } from './support.ts'

let tries = 0
const counted = (code: ErrorCode) => () => {
  tries++
  return failing(code)()
}

const kindsOf = (findings: readonly { kind: string }[]) => findings.map(({ kind }) => kind)

it('single-user, target ahead of store: urgent, finished now, two logins to find out', async () => {
  const bench = new Bench('single-user')
  bench.setPassword(await bench.begun())
  const logins = await bench.loginsOf(async () =>
    expect((await bench.diagnose()).findings).toMatchObject([
      { kind: 'target-ahead-of-store', weight: 'blocks', fixable: true },
    ]),
  )
  expect(logins).toEqual({ logins: 2, refusals: 1 })
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['target-ahead-of-store'])
  expect(bench.works('current')).toBe(true)
})

it('single-user, target ahead of store and current edited: the edit gets the credential that works', async () => {
  const bench = new Bench('single-user')
  const { current } = bench
  bench.setPassword(await bench.begun())
  bench.edit(current)
  expect((await bench.diagnose()).findings).toMatchObject([
    { kind: 'pending-base-moved', weight: 'blocks', fixable: true },
  ])
  await bench.repair()
  expect(bench.works('current')).toBe(true)
  expect(bench.note).toBe('edited')
})

it.each(['single-user', 'alternating-users'] as const)(
  '%s, store ahead of target: the admin sets it to current',
  async strategy => {
    const bench = new Bench(strategy)
    await bench.rotate()
    bench.clock.advance(GRACE)
    await bench.retire()
    bench.spoil()
    const before = bench.current
    expect((await bench.diagnose()).findings).toMatchObject([{ kind: 'store-ahead-of-target', fixable: true }])
    const { repaired, left } = await bench.repair()
    expect(kindsOf(repaired)).toEqual(['store-ahead-of-target'])
    expect(left).toEqual([])
    expect(bench.accepts(before)).toBe(true)
    expect(bench.recorded('repaired').map(e => e.result)).toEqual(['waiting', 'success'])
  },
)

it('store ahead of target without an admin: explained, nothing tried beyond the bound', async () => {
  const bench = new Bench('single-user')
  bench.target_ = { force: undefined }
  for (let i = 0; i < 6; i++) {
    await bench.rotate()
    bench.clock.advance(DAY)
    await bench.retire()
  }
  bench.spoil()
  const { refusals } = await bench.loginsOf(async () => {
    const { left } = await bench.repair()
    expect(left).toMatchObject([{ kind: 'store-ahead-of-target', fixable: false }])
    expect(left[0]?.remedy).toContain('admin secret')
  })
  expect(refusals).toBe(1 + 3)
})

it('single-user, restored to an older version of ours: that login itself is set to current, without an admin', async () => {
  const bench = new Bench('single-user')
  const old = bench.current
  await bench.rotate()
  bench.clock.advance(GRACE)
  await bench.retire()
  bench.setPassword(old)
  bench.target_ = { force: undefined }
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['store-ahead-of-target'])
  expect(bench.works('current')).toBe(true)
})

it('an edit that the target refuses while an older version works is a person’s to decide', async () => {
  const bench = new Bench('single-user')
  await bench.rotate()
  const working = bench.current
  bench.edit({ username: 'app', password: SecretValue.of('mistyped') })
  const { repaired, left } = await bench.repair()
  expect(repaired).toEqual([])
  expect(left).toMatchObject([{ kind: 'store-ahead-of-target', fixable: false }, { kind: 'edited' }])
  expect(bench.accepts(working)).toBe(true)
})

it('a restored target under a pending rotation: set to current first, then the rotation is finished', async () => {
  const bench = new Bench('alternating-users')
  const pending = await bench.begun()
  bench.spoil()
  expect(kindsOf((await bench.repair()).repaired)).toEqual(['store-ahead-of-target', 'pending-left-behind'])
  expect(bench.staged('current')?.password.equals(pending.password)).toBe(true)
  expect(bench.works('current')).toBe(true)
})

it('alternating, current refused and previous works: rollback is proposed, nothing is touched', async () => {
  const bench = new Bench('alternating-users')
  await bench.rotate()
  bench.spoil()
  const { repaired, left } = await bench.repair()
  expect(repaired).toEqual([])
  expect(left).toMatchObject([{ kind: 'current-refused', weight: 'blocks', remedy: 'lockstep rollback app' }])
  expect(bench.works('previous')).toBe(true)
})

it('endpoints that differ: previous is not tried, and nothing is repaired', async () => {
  const bench = new Bench('alternating-users', { lag: 5_000, policy: { replicaLag: 10_000 } })
  await bench.rotate()
  const changed = { username: bench.current.username, password: SecretValue.of('changed') }
  bench.setPassword(changed)
  bench.edit(changed)
  const { logins } = await bench.loginsOf(async () => {
    const { findings } = await bench.diagnose()
    expect(findings).toMatchObject([{ kind: 'endpoints-differ', fixable: false }, { kind: 'edited' }])
  })
  expect(logins).toBe(2)
})

it.each(['target-unreachable', 'tls-failed', 'login-locked', 'admin-refused'] as const)(
  '%s is a finding, and ends the tries',
  async code => {
    const bench = new Bench('single-user')
    await bench.begun()
    tries = 0
    bench.target_ = { accepts: counted(code) }
    const { findings } = await bench.diagnose()
    expect(kindsOf(findings)).toEqual(['pending-left-behind', code])
    expect(findings.every(f => !f.fixable)).toBe(true)
    expect(tries).toBe(1)
  },
)

it('a value that cannot be read as a credential is a finding without the value, and nobody logs in', async () => {
  const bench = new Bench('single-user')
  const read = (value: SecretValue) => {
    throw new SyntaxError(`Unexpected token in ${value.reveal()}`)
  }
  const setup = { ...bench.wired, shape: { ...bench.wired.shape, read } }
  const { logins } = await bench.loginsOf(async () => {
    const { findings } = await diagnose(setup, bench.request(), bench.abort.signal)
    expect(kindsOf(findings)).toEqual(['internal'])
    expect(JSON.stringify(findings)).not.toContain(CANARY)
  })
  expect(logins).toBe(0)
})
