import { expect, it } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { Bench, DAY, errorOf, failing } from './support.ts'

let tries = 0
const counted = (code: ErrorCode) => () => {
  tries++
  return failing(code)()
}

const kindsOf = (findings: readonly { kind: string }[]) => findings.map(({ kind }) => kind)

it('findings of the target: mended all at once, verified by looking again, the rest is left', async () => {
  const bench = new Bench('alternating-users')
  const wrong = new Set(['membership-missing', 'set-role-missing', 'twin-nologin'])
  const finding = (kind: string) => ({ kind, weight: 'blocks' as const, explanation: `${kind}.` })
  const fix = (kind: string) => async () => void wrong.delete(kind)
  let looks = 0
  bench.target_ = {
    examine: async () => {
      looks++
      return [...wrong].map(kind => ({ ...finding(kind), ...(kind !== 'twin-nologin' && { fix: fix(kind) }) }))
    },
  }
  const { repaired, left } = await bench.repair()
  expect(kindsOf(repaired)).toEqual(['membership-missing', 'set-role-missing'])
  expect(left).toMatchObject([{ kind: 'twin-nologin', fixable: false }])
  expect(looks).toBe(2)
})

it('a repair that fails is on record and left, with why; it is not tried again', async () => {
  const bench = new Bench('single-user')
  bench.spoil()
  tries = 0
  bench.target_ = { force: counted('permission-missing') }
  const { repaired, left } = await bench.repair()
  expect(repaired).toEqual([])
  expect(left).toMatchObject([{ kind: 'store-ahead-of-target', failed: { code: 'permission-missing' } }])
  expect(tries).toBe(1)
  expect(bench.recorded('repaired').at(-1)).toMatchObject({
    result: 'failure',
    metadata: { error_code: 'permission-missing' },
  })
})

it('the target is not set to what was current before another run finished', async () => {
  const bench = new Bench('single-user')
  bench.spoil()
  const describe = bench.store.describe.bind(bench.store)
  let describes = 0
  bench.store_ = {
    describe: async (...args) => {
      // between looking and repairing, another run finishes a rotation
      if (++describes === 2) bench.edit({ username: 'app', password: SecretValue.of('newer') })
      return describe(...args)
    },
  }
  await bench.repair({ deadline: bench.clock.now() + DAY })
  expect(bench.recorded('repaired')[1]).toMatchObject({ result: 'failure', metadata: { error_code: 'stale' } })
})

it('a target that answers and does nothing is not taken for repaired', async () => {
  const bench = new Bench('single-user')
  bench.spoil()
  bench.target_ = { force: async () => {} }
  expect(await bench.repair()).toMatchObject({ repaired: [], left: [{ kind: 'store-ahead-of-target', failed: {} }] })
  expect(bench.recorded('repaired').map(e => e.result)).toEqual(['waiting', 'failure'])
})

it('an interruption ends the repair, on record, and is thrown, whether or not the store looks at the signal', async () => {
  const bench = new Bench('single-user')
  bench.spoil()
  const interrupted = () => {
    bench.abort.abort()
    return failing('aborted')()
  }
  bench.target_ = { force: interrupted }
  const describe = bench.store.describe.bind(bench.store)
  bench.store_ = { describe: (id, call) => describe(id, { ...call, signal: new AbortController().signal }) }
  expect((await errorOf(bench.repair())).code).toBe('aborted')
  expect(bench.recorded('repaired').at(-1)?.result).toBe('failure')
})
