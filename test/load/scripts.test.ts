/** The scripts as other programs call them: what stands on stdout, the exit code, and what is left behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countLogins } from '../../bench/counts.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'

const root = path.resolve(import.meta.dirname, '../..')
// a stand of its own, so that what a script leaves behind is the script's
const stand = mkdtempSync(path.join(tmpdir(), 'lockstep-scripts-'))
chmodSync(stand, 0o755) // as root, the servers run as somebody else
const env = { ...process.env, LOCKSTEP_STAND: stand }
let available = false

beforeAll(async () => {
  const server = requireServer(await startPostgres())
  available = server !== undefined
  await server?.stop()
})
afterAll(() => rmSync(stand, { recursive: true, force: true }))

const start = (script: string, ...args: string[]) =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, script), ...args], { env })

async function run(script: string, ...args: string[]) {
  const child = start(script, ...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code: code as number | null }
}

const runFolders = (): string[] => readdirSync(path.join(stand, 'run'))

test('demo --json: one object, every promise kept, within a minute, nothing left', async ({ skip }) => {
  if (!available) return skip('no PostgreSQL on this machine')
  const { out, err, code } = await run('demo/main.ts', '--json')
  expect(code, err).toBe(0)
  expect(out.trimEnd()).not.toContain('\n')
  const shown = JSON.parse(out)
  const [single, , alternating] = shown.strategies
  expect(single).toMatchObject({ name: 'single-user', rotations: 2 })
  expect(alternating).toMatchObject({ name: 'alternating-users', rotations: 3, failedQueries: 0, longestGapMs: 0 })
  expect(shown.killedWorker).toMatchObject({ sameRotation: true, sameValue: true, failedQueries: 0 })
  expect(shown.retirement).toMatchObject({ before: 'accepted', after: 'refused', failedQueries: 0 })
  expect(shown.rollback).toMatchObject({ restored: true, failedQueries: 0 })
  expect(shown.seconds).toBeLessThan(60)
  await until(() => expect(runFolders()).toEqual([]), 5_000)
})

test('demo: Ctrl-C ends it, and everything that it started', async ({ skip }) => {
  if (!available) return skip('no PostgreSQL on this machine')
  const child = start('demo/main.ts')
  await once(child.stdout, 'data') // the server has been started
  child.kill('SIGINT')
  expect((await once(child, 'exit'))[0]).toBe(130)
  await until(() => expect(runFolders()).toEqual([]), 5_000)
})

test('torture --json: one object; the seed that was asked for', async ({ skip }) => {
  if (!available) return skip('no PostgreSQL on this machine')
  const { out, err, code } = await run('test/torture/main.ts', '--kills', '4', '--seed', '5', '--json')
  expect(code, err).toBe(0)
  const result = JSON.parse(out)
  expect(result.kills).toBeGreaterThanOrEqual(4)
  expect(result).toMatchObject({
    ...{ lockOuts: 0, unconverged: 0, brokenConsumers: 0, otherValue: 0, unrecorded: 0, seed: 5 },
  })
  await until(() => expect(runFolders()).toEqual([]), 5_000)
})

test('torture --kills nonsense: usage, exit code 2', async () => {
  const { out, err, code } = await run('test/torture/main.ts', '--kills', 'many')
  expect({ out, code }).toEqual({ out: '', code: 2 })
  expect(err).toContain('usage: torture')
})

test('bench: logins per rotation as the server has logged them', async ({ skip }) => {
  if (!available) return skip('no PostgreSQL on this machine')
  const results = await countLogins()
  expect(results.map(({ name, value }) => [name, value])).toEqual([
    ['single-user: logins per rotation and endpoint', 2],
    ['alternating-users: logins per rotation and endpoint', 3],
    ['logins that a rotation makes to see them fail', 0],
  ])
})
