import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { VersionId } from '../../core/ports/secret-store.ts'
import type { LocalStore } from '../../local/index.ts'
import { type Place, places, textOf, value } from './support.ts'

const place = places()
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

interface Worker {
  readonly child: ChildProcess
  /** What was acknowledged, in order. */
  readonly lines: unknown[]
  readonly ended: Promise<{ code: number | null; stderr: string }>
}

/** `onLine` sees each acknowledgement as it comes. */
function start(here: Place, args: readonly string[], onLine: (worker: Worker) => void = () => {}): Worker {
  const child = spawn(process.execPath, ['--no-warnings', WORKER, here.folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: unknown[] = []
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }))
  const worker = { child, lines, ended }
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(JSON.parse(line))
    onLine(worker)
  })
  return worker
}

/** Runs until it has acknowledged `lines` lines, then is killed, wherever in the next write it may be. */
async function killedAfter(here: Place, args: readonly string[], lines: number): Promise<Worker> {
  const worker = start(here, args, one => {
    if (one.lines.length >= lines) one.child.kill('SIGKILL')
  })
  const { code, stderr } = await worker.ended
  expect({ code, stderr }).toEqual({ code: null, stderr: '' })
  return worker
}

function integrityOf(file: string): unknown {
  const db = new DatabaseSync(file)
  const result = db.prepare('PRAGMA integrity_check').all()
  db.close()
  return result.map(row => row.integrity_check)
}

async function expectKept(store: LocalStore, here: Place, acknowledged: readonly unknown[]): Promise<void> {
  for (const line of acknowledged) {
    const [id, version, text] = line as [string, VersionId, string]
    expect(textOf(await store.read(id, version, here.call()))?.split(' x')[0], version).toBe(text)
  }
}

it('SIGKILL 200 times while two processes write: the file is whole and holds everything acknowledged', async () => {
  const here = place()
  const acknowledged: unknown[] = []
  for (let round = 0; round < 100; round++) {
    // The counts differ, so that the second dies while the first may be anywhere.
    const pair = [
      killedAfter(here, ['put', `a${round}`], 1 + (round % 7)),
      killedAfter(here, ['put', `b${round}`], 1 + (round % 5)),
    ]
    const lines = (await Promise.all(pair)).flatMap(worker => worker.lines)
    const store = await here.open()
    await expectKept(store, here, lines)
    store.close()
    acknowledged.push(...lines)
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(700)
  expect(integrityOf(here.file)).toEqual(['ok'])
  await expectKept(await here.open(), here, acknowledged)
})

it('four processes rotate one secret: each generation was moved by exactly one of them', async () => {
  const here = place()
  const store = await here.open()
  await store.put('shared', value('old'), here.call())
  const workers = ['a', 'b', 'c', 'd'].map(name => start(here, ['rotate', name, '50']))
  for (const { ended } of workers) expect(await ended).toEqual({ code: 0, stderr: '' })
  const moved = workers.flatMap(({ lines }) => lines).length
  const state = (await store.describe('shared', here.call()))!
  expect(state.generation).toBe(moved)
  expect(moved).toBeGreaterThanOrEqual(50)
  // Those that shared a rotation shared its value: every version in the file became current once.
  expect((await store.unlabelled('shared', 1_000, here.call())).length).toBe(moved - 1)
})

it('four processes create one file at the same time: all of them write to it', async () => {
  const here = place()
  const workers = await Promise.all(['a', 'b', 'c', 'd'].map(name => killedAfter(here, ['put', name], 3)))
  const store = await here.open({ create: false })
  await expectKept(
    store,
    here,
    workers.flatMap(({ lines }) => lines),
  )
})

it('SIGKILL 40 times during key rotation: the store opens with the key files, and no value is lost', async () => {
  const here = place()
  const seeded = await here.open()
  for (let n = 0; n < 100; n++) await seeded.put(`s${n}`, value(`value ${n}`), here.call())
  seeded.close()
  let unfinished = 0
  for (let round = 0; round < 40; round++) {
    await killedAfter(here, ['rekey'], 1 + (round % 3))
    if (existsSync(`${here.keyFile}.next`)) unfinished++
    const store = await here.open()
    for (const n of [0, 50, 99]) expect(textOf(await store.get(`s${n}`, here.call()))).toBe(`value ${n}`)
    store.close()
  }
  expect(integrityOf(here.file)).toEqual(['ok'])
  expect(unfinished).toBeGreaterThan(0)
})

it('a reader in another process follows a key rotation', async () => {
  const here = place()
  const store = await here.open()
  await store.put('a', value('kept'), here.call())
  await killedAfter(here, ['rekey'], 2)
  expect(textOf(await store.get('a', here.call()))).toBe('kept')
  await store.put('a', value('newer'), here.call())
  store.close()
  expect(textOf(await (await here.open()).get('a', here.call()))).toBe('newer')
})
