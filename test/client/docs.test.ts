/** The page of the client: every program type-checks against the drivers and SDKs, the first one runs through a rotation. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { blocksOf, page, root } from '../docs/blocks.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'

const PAGE = 'docs/client.md'
const programs = blocksOf(PAGE).filter(({ kind }) => kind === 'js')
const server = requireServer(await startPostgres())
const folder = mkdtempSync(join(tmpdir(), 'lockstep-client-docs-'))

/** The package, without building it: its entry points are the sources. */
const entries: Readonly<Record<string, string>> = {
  "'lockstep'": 'core/index.ts',
  "'lockstep/client'": 'core/client/index.ts',
  "'lockstep/local'": 'local/index.ts',
}
const onSources = (text: string): string =>
  Object.entries(entries).reduce(
    (done, [name, file]) => done.replaceAll(`from ${name}`, `from '${join(root, file)}'`),
    text,
  )

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const { more, text } of programs) writeFileSync(join(folder, more), onSources(text))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
})

test('every program type-checks, strictly', () => {
  expect(programs.length).toBeGreaterThan(12)
  const files = programs.map(({ more }) => more)
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const strict = ['--ignoreConfig', '--noEmit', '--strict', '--checkJs', '--allowJs', '--skipLibCheck']
  const how = ['--allowImportingTsExtensions', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
  const libs = ['--lib', 'es2024,esnext.disposable']
  const { stdout } = spawnSync(process.execPath, [compiler, ...strict, ...how, ...libs, ...files], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})

test('every function that the page names is exported, and every source and pool that is exported is on the page', async () => {
  const exported = Object.keys(await import('../../core/client/index.ts'))
  const named = [
    ...page(PAGE).matchAll(/\b(follow[A-Z]\w+|[a-z]+[a-zA-Z]*Source|createSecrets|redisCredentials)\b/g),
  ].map(([name]) => name)
  expect([...new Set(named)].filter(name => !exported.includes(name))).toEqual([])
  expect(exported.filter(name => /^follow|Source$|Credentials$/.test(name) && !named.includes(name))).toEqual([])
})

test('reading prints no password', () => {
  const value = 'postgres://app:Canary-1@db.example/orders'
  const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'read.mjs'], {
    cwd: folder,
    env: { ...process.env, ORDERS_DB: value },
    encoding: 'utf8',
  })
  expect(said).toMatch(/^app <secret> [0-9a-f]{16}\n$/)
})

describe.skipIf(server === undefined)('the first program', () => {
  test('runs through a rotation by the command line', async () => {
    const [{ more, text } = { more: '', text: '' }] = programs
    const at = onSources(text).replace("host: 'localhost', port: 5432", `host: '127.0.0.1', port: ${server!.port}`)
    expect(at).toContain(String(server!.port))
    const here = join(folder, 'application')
    mkdirSync(here)
    symlinkSync(join(root, 'node_modules'), join(here, 'node_modules'))
    writeFileSync(join(here, more), at)
    await server!.sql(`CREATE ROLE orders; CREATE ROLE orders_a LOGIN IN ROLE orders PASSWORD 'first-password';
      CREATE ROLE orders_b LOGIN IN ROLE orders;
      ALTER ROLE orders_a SET role = orders; ALTER ROLE orders_b SET role = orders`)
    writeFileSync(
      join(here, 'lockstep.yml'),
      JSON.stringify({
        version: 1,
        stores: { local: { kind: 'local', file: '.lockstep/store.db', key: { file: '.lockstep/store.key' } } },
        secrets: {
          'orders-db': {
            strategy: 'alternating-users',
            users: ['orders_a', 'orders_b'],
            target: {
              kind: 'postgres',
              admin: { id: 'pg-admin' },
              ownerRole: 'orders',
              tls: { mode: 'disable' },
              endpoints: [{ host: '127.0.0.1', port: server!.port, database: 'postgres' }],
            },
          },
        },
      }),
    )
    const lockstep = (...args: string[]) =>
      execFileSync(process.execPath, [join(root, 'cli/lockstep.mjs'), ...args], {
        cwd: here,
        encoding: 'utf8',
        stdio: 'pipe',
      })
    writeFileSync(join(here, 'a.json'), '{"username":"orders_a","password":"first-password"}')
    writeFileSync(join(here, 'admin.json'), `{"username":"postgres","password":"${server!.adminPassword}"}`)
    lockstep('init')
    lockstep('secret', 'put', 'orders-db', '--file', 'a.json')
    lockstep('secret', 'put', 'pg-admin', '--file', 'admin.json')

    const program = (seconds: string) =>
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', more, seconds], { cwd: here, stdio: 'pipe' })
    const child = program('120')
    onTestFinished(() => {
      child.kill()
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', data => {
        said += String(data)
      })
    await until(() => expect(said).toContain('orders_a\n'), 20_000)
    lockstep('rotate', 'orders-db', '--force')
    await until(() => expect(said).toContain('orders_b\n'), 20_000)
    expect(said).toMatch(/^(orders_a\n)+(orders_b\n)+$/)
    // By itself it ends: nothing of the client keeps a process alive.
    const [code] = await once(program('1'), 'exit')
    expect(code).toBe(0)
  })
})
