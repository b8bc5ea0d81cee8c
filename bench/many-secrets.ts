/**
 * One store with many secrets: `lockstep status` over all of them, and a sweep in which nothing is due. Each size in a process
 * of its own, so that its memory is its own.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../core/ports/clock.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { storeCall } from '../demo/playground.ts'
import { createKeyFile, openLocalStore } from '../local/index.ts'
import type { Measured } from './many-secrets-process.ts'
import { type Result, result } from './result.ts'

const SIZES = [250, 500, 1_000] as const
/** Time per secret at the largest size, against the smallest: more would be more than linear. */
const LINEAR = 1.3

export async function manySecrets(): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'))
  try {
    const measured: Measured[] = []
    let stored = 0
    for (const size of SIZES) {
      await fill(folder, stored, size)
      stored = size
      measured.push(inProcess(folder))
    }
    return SIZES.flatMap((size, n) => stated(size, measured[n]!)).concat(growth(measured))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const stated = (size: number, { statusMs, sweepMs, heapMiB, rssMiB }: Measured): Result[] => [
  result(`${size} secrets: status`, statusMs, 'ms'),
  result(`${size} secrets: sweep, nothing due`, sweepMs, 'ms'),
  result(`${size} secrets: heap in use`, heapMiB, 'MiB'),
  result(`${size} secrets: resident, whole process`, rssMiB, 'MiB'),
]

function growth(measured: readonly Measured[]): Result[] {
  const [least, most] = [measured[0]!, measured.at(-1)!]
  const perSecret = (of: (measured: Measured) => number) => of(most) / SIZES.at(-1)! / (of(least) / SIZES[0])
  return [
    result(
      'status: time per secret, 1,000 / 250',
      perSecret(m => m.statusMs),
      '×',
      LINEAR,
    ),
    result(
      'sweep: time per secret, 1,000 / 250',
      perSecret(m => m.sweepMs),
      '×',
      LINEAR,
    ),
    result(
      'heap per secret, 1,000 / 250',
      perSecret(m => m.heapMiB),
      '×',
      LINEAR,
    ),
  ]
}

const nameOf = (n: number): string => `secret-${String(n).padStart(4, '0')}`

async function fill(folder: string, from: number, to: number): Promise<void> {
  const [file, keyFile] = [path.join(folder, 'store.db'), path.join(folder, 'store.key')]
  if (from === 0) createKeyFile(keyFile)
  const store = await openLocalStore({ file, key: { file: keyFile }, clock: systemClock, create: true })
  for (let n = from; n < to; n++) {
    const value = { username: `login_${n}`, password: `not-a-password-${n}`, host: '127.0.0.1' }
    await store.put(nameOf(n), SecretValue.of(JSON.stringify(value)), storeCall())
  }
  store.close()
  writeFileSync(path.join(folder, 'lockstep.yml'), configText(to))
}

const configText = (secrets: number): string => `version: 1
stores:
  local: { kind: local, file: store.db, key: { file: store.key } }
defaults: { interval: 30d, grace: 1h }
secrets:
${Array.from({ length: secrets }, (_, n) => secretText(n)).join('')}`

const secretText = (n: number): string => `  ${nameOf(n)}:
    strategy: single-user
    target: { kind: postgres, endpoints: [{ host: 127.0.0.1, database: app }], tls: { mode: disable } }
    consumers: [{ kind: kubernetes, refresh: 5m }]
`

function inProcess(folder: string): Measured {
  const file = path.join(import.meta.dirname, 'many-secrets-process.ts')
  const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', file, path.join(folder, 'lockstep.yml')]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured
}
