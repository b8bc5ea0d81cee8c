/**
 * Worker processes on a store file, killed at chosen moments.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Place } from './support.ts'

export const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

export interface Worker {
  readonly child: ChildProcess
  /** What was acknowledged, in order. */
  readonly lines: unknown[]
  readonly ended: Promise<{ code: number | null; stderr: string }>
}

/** `onLine` sees each acknowledgement as it comes. */
export function start(here: Place, args: readonly string[], onLine: (worker: Worker) => void = () => {}): Worker {
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
export async function killedAfter(here: Place, args: readonly string[], lines: number): Promise<Worker> {
  const worker = start(here, args, one => {
    if (one.lines.length >= lines) one.child.kill('SIGKILL')
  })
  const { code, stderr } = await worker.ended
  expect({ code, stderr }).toEqual({ code: null, stderr: '' })
  return worker
}

/** Runs until it has acknowledged one line and `moment` has come after that, then is killed. */
export async function killedWhen(here: Place, args: readonly string[], moment: () => boolean): Promise<void> {
  const worker = start(here, args)
  while (worker.lines.length === 0 || !moment()) {
    if (worker.child.exitCode !== null) break
    await setImmediate()
  }
  worker.child.kill('SIGKILL')
  expect(await worker.ended).toEqual({ code: null, stderr: '' })
}

export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

export function integrityOf(file: string): unknown {
  const db = new DatabaseSync(file)
  const result = db.prepare('PRAGMA integrity_check').all()
  db.close()
  return result.map(row => row.integrity_check)
}
