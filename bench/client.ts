/**
 * What a cached read of the client costs, and whether a rotation is felt: calm and rotating reads take turns in one run.
 * @module
 */
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import type { SecretSource } from '../core/client/secret-source.ts'
import { createSecrets, type Secrets } from '../core/client/secrets.ts'
import { median, type Result, result } from './result.ts'

const ROUNDS = 15
const READS = 20_000
/** Reads between two turns of the loop, as an application has them. */
const PER_TURN = 100
const ANSWER_MS = 5
const TTL_MS = 10

/** Every read finds another version. */
class RotatingStore implements SecretSource {
  versions = 0

  async read() {
    await wait(ANSWER_MS)
    const version = String(++this.versions)
    return { value: JSON.stringify({ username: 'app', password: `password-${version}` }), version }
  }
}

interface Times {
  readonly p50: number
  readonly p99: number
}

/** In microseconds. */
async function times(secrets: Secrets): Promise<Times> {
  const nanoseconds = new Float64Array(READS)
  for (let read = 0; read < READS; read++) {
    if (read % PER_TURN === 0) await turn()
    const began = process.hrtime.bigint()
    await secrets.get('db')
    nanoseconds[read] = Number(process.hrtime.bigint() - began)
  }
  nanoseconds.sort()
  const at = (share: number) => nanoseconds[Math.floor(READS * share)]! / 1000
  return { p50: at(0.5), p99: at(0.99) }
}

export async function client(): Promise<Result[]> {
  const store = new RotatingStore()
  const calm = createSecrets({ source: new RotatingStore(), ttl: 3_600_000 })
  const rotating = createSecrets({ source: store, ttl: TTL_MS })
  for (const each of [calm, rotating]) await times(each)
  const before = store.versions
  const without: Times[] = []
  const during: Times[] = []
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await times(calm))
    during.push(await times(rotating))
  }
  for (const each of [calm, rotating]) each.close()
  const of = (which: keyof Times, measured: readonly Times[]) => median(measured.map(each => each[which]))
  const ratios = during.map(({ p99 }, round) => p99 / without[round]!.p99)
  return [
    result('client: cached read, p50', of('p50', without), 'µs', 1),
    result('client: cached read, p50 while a secret rotates', of('p50', during), 'µs', 1),
    result('client: cached read, p99 while a secret rotates / p99 without', median(ratios), '×', 1.5),
    result('client: cached read, p99', of('p99', without), 'µs'),
    result('client: rotations meanwhile', store.versions - before, ''),
  ]
}
