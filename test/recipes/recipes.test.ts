/**
 * The programs of docs/runtimes, as they stand there, while their secret rotates on a real PostgreSQL: no query fails, and every
 * pool has moved to the other login and back. All run at once, under one secret.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from '../docs/blocks.ts'
import { longCommand } from '../stand/once.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { type Counts, type Rotating, rotating } from './rotating.ts'
import { goForRecipes, javaForRecipes, pythonForRecipes } from './toolchains.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'lockstep-recipes-'))
const [server, ...toolchains] = await Promise.all([
  startPostgres(),
  pythonForRecipes(),
  javaForRecipes(),
  goForRecipes(),
])
const postgres = requireServer(server)
const [python, java, go] = [requireServer(toolchains[0]), requireServer(toolchains[1]), requireServer(toolchains[2])]

const ROTATIONS = 3

/** What is patience in an application would be no churn in a test: the text of the page, and ours for it. */
const HASTE: readonly (readonly [string, string])[] = [
  ['pool_recycle=1800', 'pool_recycle=1'],
  ['max_lifetime=1800', 'max_lifetime=1'],
  ['maxLifetimeSeconds: 1800', 'maxLifetimeSeconds: 1'],
  [
    'config.MaxConnLifetime = 30 * time.Minute',
    'config.MaxConnLifetime, config.HealthCheckPeriod = time.Second, time.Second',
  ],
  ['10_000, 10_000, TimeUnit', '200, 200, TimeUnit'],
  // of the repository, not of the package that a reader has installed
  ["'lockstep/client'", `'${join(root, 'core/client/index.ts')}'`],
]

/** The programs of a page, with what tests them. */
function written(page: string, kind: string): string {
  const at = join(folder, page)
  mkdirSync(at)
  const programs = blocksOf(`docs/runtimes/${page}.md`).filter(block => block.kind === kind && block.more !== '')
  expect(programs.length, page).toBeGreaterThan(0)
  for (const { more, text } of programs) {
    const hasty = HASTE.reduce((result, [slow, fast]) => result.replaceAll(slow, fast), text)
    expect(hasty, `${page}: nothing of it was hastened`).not.toBe(text)
    writeFileSync(join(at, more), hasty)
  }
  return at
}

type Command = readonly [string, ...string[]]

/** What there is to run here, ready to be started. */
async function recipes(): Promise<ReadonlyMap<string, { readonly command: Command; readonly cwd: string }>> {
  const found = new Map<string, { command: Command; cwd: string }>()
  const node = written('node', 'js')
  symlinkSync(join(root, 'node_modules'), join(node, 'node_modules'))
  cpSync(join(root, 'test/recipes/node/main.mjs'), join(node, 'main.mjs'))
  found.set('node', { command: [process.execPath, 'main.mjs'], cwd: node })
  if (python) {
    const cwd = written('python', 'python')
    cpSync(join(root, 'test/recipes/python/main.py'), join(cwd, 'main.py'))
    found.set('python', { command: [python.python, 'main.py'], cwd })
  }
  if (java) {
    const cwd = written('java', 'java')
    cpSync(join(root, 'test/recipes/java/Main.java'), join(cwd, 'Main.java'))
    await longCommand('javac', ['-cp', java.libraries, '-d', cwd, join(cwd, 'Pools.java'), join(cwd, 'Main.java')])
    found.set('java', { command: ['java', '-cp', `${java.libraries}:${cwd}`, 'Main'], cwd })
  }
  if (go) {
    const cwd = written('go', 'go')
    cpSync(join(root, 'test/recipes/go/main.go'), join(cwd, 'main.go'))
    found.set('go', { command: [await go.build(cwd)], cwd })
  }
  return found
}

const counted = new Map<string, Counts>()
let rotated: Awaited<ReturnType<Rotating['rotate']>> | undefined

beforeAll(async () => {
  if (!postgres) return
  const secret = await rotating(postgres)
  const programs = [...(await recipes())].map(([name, { command, cwd }]) => [name, secret.start(command, cwd)] as const)
  const stopped = () => Promise.all(programs.map(async ([name, program]) => counted.set(name, await program.stop())))
  try {
    await Promise.all(programs.map(([, { ready }]) => ready))
    rotated = await secret.rotate(ROTATIONS)
  } finally {
    await stopped().finally(() => secret.close())
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await postgres?.stop()
})

test.skipIf(!postgres)('every old login was ended: no pool still logged in with it', () => {
  expect(rotated).toMatchObject({ ended: ROTATIONS })
})

describe.skipIf(!postgres).each([
  ['node', true],
  ['python', python],
  ['java', java],
  ['go', go],
] as const)('docs/runtimes/%s.md', (name, runtime) => {
  test.skipIf(!runtime)('its pools survive the rotations, with no failed query', () => {
    const { queries, failed, errors, logins } = counted.get(name)!
    expect({ failed, errors: errors.filter(Boolean) }).toEqual({ failed: 0, errors: [] })
    expect(queries).toBeGreaterThan(200)
    for (const [pool, seen] of Object.entries(logins))
      expect([pool, [...new Set(seen)].sort()]).toEqual([pool, ['app_a', 'app_b']])
  })
})
