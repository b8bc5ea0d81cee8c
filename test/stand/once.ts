/**
 * What takes long to make (a download, a compilation) is made once for the whole machine, and never seen half made.
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { placeOnce } from './binaries.ts'
import { until } from './stand.ts'

const LONGEST_MS = 10 * 60_000

/**
 * `folder`, after `make` has filled it. Several processes that ask at once: one makes, the others wait. `make` gets another
 * folder, which becomes `folder` when it is done. It throws: nothing is published, and who asks next tries again.
 */
export async function madeOnce(folder: string, make: (making: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder
  mkdirSync(path.dirname(folder), { recursive: true })
  await locked(`${folder}.lock`, async () => {
    if (existsSync(folder)) return
    for (const left of globSync(`${folder}.making-*`)) rmSync(left, { recursive: true, force: true })
    const making = `${folder}.making-${process.pid}`
    mkdirSync(making)
    try {
      await make(making)
      placeOnce(making, folder)
    } finally {
      rmSync(making, { recursive: true, force: true })
    }
  })
  return folder
}

// A lock that ends with its holder, however that ends, on every system: SQLite's own, on an empty database.
async function locked(file: string, run: () => Promise<void>): Promise<void> {
  const database = new DatabaseSync(file)
  try {
    await until(() => database.exec('BEGIN EXCLUSIVE'), LONGEST_MS)
    await run()
  } finally {
    database.close()
  }
}

/** Runs a long command without holding up this process. Fails: throws with the end of what it said. */
export async function longCommand(command: string, args: readonly string[], env = process.env): Promise<void> {
  const limits = { env, timeout: LONGEST_MS, maxBuffer: 64 << 20 }
  const running = promisify(execFile)(command, [...args], limits)
  running.child.stdin?.end()
  await running.catch((error: { stderr?: string; message: string }) => {
    throw new Error(error.stderr?.trim().slice(-1500) || error.message)
  })
}
