/**
 * `lockstep run`: the real program, with programs under it that say what they see.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../stand/stand.ts'
import { type Project, projects } from './support.ts'

const project = projects()
const target = {
  kind: 'postgres',
  endpoints: [{ host: 'db.example', port: 5433, database: 'orders' }],
  tls: { mode: 'require' },
}
const SECRETS = {
  'orders-db': { strategy: 'single-user', target },
  bare: { strategy: 'single-user', target, value: { format: 'password' }, user: 'reports' },
}
const value = (password: string, more = {}) => JSON.stringify({ username: 'orders_a', password, ...more })

async function furnished(password = 'first/canary'): Promise<Project> {
  const here = project().configure({ secrets: SECRETS })
  await here.ok(['secret', 'put', 'orders-db'], { input: value(password, { sslmode: 'require', retries: 3 }) })
  await here.ok(['secret', 'put', 'bare'], { input: 'bare-canary' })
  return here
}

const change = (here: Project, password: string) =>
  here.ok(['secret', 'put', 'orders-db', '--replace'], { input: value(password) })

/** Node, on a script of one line. */
const node = (script: string) => ['--', process.execPath, '-e', script]
const env = (...names: string[]) => node(`console.log(${names.map(name => `process.env.${name}`).join('+"|"+')})`)

describe('what a program is given', () => {
  test('fields of a value, the whole of it, and what the configuration knows of the target', async () => {
    const here = await furnished()
    const given = [
      'U=orders-db:username',
      'P=orders-db:password',
      'H=orders-db:host',
      'D=orders-db:dbname',
      'R=orders-db:retries',
    ]
    const args = [...given, 'L=orders-db:url', 'W=bare', 'X=bare:username'].flatMap(text => ['--env', text])
    const ran = await here.run(['run', ...args, ...env('U', 'P', 'H', 'D', 'R', 'L', 'W', 'X')])
    const url = 'postgresql://orders_a:first%2Fcanary@db.example:5433/orders'
    expect(ran).toMatchObject({
      code: 0,
      stdout: `orders_a|first/canary|db.example|orders|3|${url}|bare-canary|reports\n`,
      stderr: '',
    })
  })

  test('files that nobody else can read, gone at the end', async () => {
    const here = await furnished()
    const script = `
      const { statSync, readFileSync } = require('node:fs'); const folder = process.env.LOCKSTEP_FILES
      const mode = name => (statSync(folder + name).mode & 0o777).toString(8)
      console.log(folder, mode(''), mode('/sub'), mode('/sub/pw'), readFileSync(folder + '/sub/pw', 'utf8'))`
    const ran = await here.run(['run', '--file', 'sub/pw=orders-db:password', ...node(script)])
    const [folder, ...rest] = ran.stdout.trim().split(' ')
    expect({ code: ran.code, rest }).toEqual({ code: 0, rest: ['700', '700', '600', 'first/canary'] })
    expect(existsSync(folder!)).toBe(false)
  })

  test('never an argument, nor the key of the store; words of the program that look like ours are its own', async () => {
    const here = await furnished()
    const key = here.read('.lockstep/store.key').trim()
    const stores = { local: { kind: 'local', file: '.lockstep/store.db', key: { env: 'STORE_KEY' } } }
    here.write('by-variable.yml', JSON.stringify({ version: 1, stores, secrets: SECRETS }))
    const script = `
      const line = require('node:fs').readFileSync('/proc/self/cmdline', 'latin1')
      console.log(process.argv.slice(1).join(' '), line.includes('bare' + '-canary'), process.env.STORE_KEY, process.env.KEPT)`
    const args = [
      'run',
      '--config',
      'by-variable.yml',
      '--env',
      'P=bare',
      ...node(script),
      '--',
      '--json',
      '--env',
      'A=b',
      'run',
    ]
    const ran = await here.run(args, { env: { STORE_KEY: key, KEPT: 'kept' } })
    expect(ran).toMatchObject({ code: 0, stdout: '--json --env A=b run false undefined kept\n' })
  })

  test('an environment of the configuration, and a variable, by the same word', async () => {
    const here = project().configure({
      environments: { prod: { secrets: { 'orders-db': { id: 'prod/orders' } } } },
      secrets: SECRETS,
    })
    await here.ok(['secret', 'put', 'orders-db', '--env', 'prod'], { input: value('of-prod') })
    for (const args of [
      ['run', '--env', 'prod'],
      ['--env', 'prod', 'run'],
    ]) {
      const ran = await here.run([...args, '--env=P=orders-db:password', ...env('P')])
      expect(ran).toMatchObject({ code: 0, stdout: 'of-prod\n' })
    }
  })

  test('any id of a store; one with a colon ends with one', async () => {
    const here = await furnished()
    await here.ok(['secret', 'put', 'arn:x:y', '--store', 'local'], { input: '{"token":"t-1"}' })
    const args = ['--store', 'local', '--env', 'W=arn:x:y:', '--env', 'T=arn:x:y:token']
    expect(await here.run(['run', ...args, ...env('W', 'T')])).toMatchObject({
      code: 0,
      stdout: '{"token":"t-1"}|t-1\n',
    })
  })

  test('is on record', async () => {
    const here = await furnished()
    await here.run(['run', '--env', 'P=bare', ...env('P')])
    const { stdout } = await here.ok(['history', 'bare', '--json'])
    expect(stdout).toContain('secret_read')
    expect(stdout).not.toContain('canary')
  })
})

describe('how it ends', () => {
  test.each([
    [node('process.exit(7)'), 7],
    [node('process.kill(process.pid, "SIGKILL")'), 137],
    [['--', './no-such-program'], 127],
    [['--', './lockstep.yml'], 126],
  ])('%j: %i', async (command, code) => {
    const here = await furnished()
    const ran = await here.run(['run', '--env', 'P=bare', ...command])
    expect(ran.code).toBe(code)
    if (code < 128 && code > 7) expect(ran.stderr).toMatch(/was not found|cannot be executed/)
  })

  test('its streams are ours', async () => {
    const here = await furnished()
    const script = 'process.stdin.on("data", text => { console.log("out " + text); console.error("err " + text) })'
    const ran = await here.run(['run', '--env', 'P=bare', ...node(script)], { input: 'said' })
    expect(ran).toMatchObject({ code: 0, stdout: 'out said\n', stderr: 'err said\n' })
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const)('%s is handed on', async name => {
    const here = await furnished()
    const script = `process.on('${name}', () => { console.log('heard'); process.exit(9) }); console.log('ready'); setInterval(() => {}, 1000)`
    const child = here.start(['run', '--env', 'P=bare', ...node(script)])
    const said = listen(child)
    const ended = here.ended(child)
    await said('ready')
    child.kill(name)
    const ran = await ended
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 9, stderr: '' })
    expect(ran.stdout).toContain('heard')
  })
})

describe('what is refused', () => {
  test.each([
    [['run', '--env', 'P=bare'], 2, /It follows `--`/],
    [['run', '--env', 'P=bare', 'ls'], 2, /It follows `--`/],
    [['run', '--', 'ls'], 2, /Which secrets\?/],
    [['run', '--json', '--env', 'P=bare', '--', 'ls'], 2, /no --json/],
    [['run', '--env', '1P=bare', '--', 'ls'], 2, /'1P' is not the name/],
    [['run', '--file', '../x=bare', '--', 'ls'], 2, /not one below/],
    [['run', '--file', '/x=bare', '--', 'ls'], 2, /LOCKSTEP_FILES/],
    [['run', '--file', 'bare', '--', 'ls'], 2, /--file PATH=SECRET/],
    [['run', '--env', 'P=bar', '--', 'ls'], 2, /did you mean 'bare'/],
    [['run', '--restart', '--env', 'P=bare', '--', 'ls'], 2, /--watch/],
    [['run', '--watch', '--signal', 'SIGHUP', '--env', 'P=bare', '--', 'ls'], 2, /no new variable/],
    [['run', '--watch', '--signal', 'HUP', '--file', 'p=bare', '--', 'ls'], 2, /no signal HUP/],
    [['run', '--watch', '--interval', 'soon', '--env', 'P=bare', '--', 'ls'], 2, /duration/],
    [['run', '--env', 'P=orders-db:pasword', '--', 'ls'], 4, /no field 'pasword'/],
    [['run', '--env', 'P=gone', '--store', 'local', '--', 'ls'], 4, /has no secret gone/],
  ] as const)('%j: %i', async (args, code, says) => {
    const here = await furnished()
    const ran = await here.main(args)
    expect({ code: ran.code, stdout: ran.code === 0 ? ran.stdout : '' }).toEqual({ code, stdout: '' })
    expect(ran.stdout + ran.stderr).toMatch(says)
    expect(ran.stdout + ran.stderr).not.toContain('canary')
  })

  test('a value that no variable can hold, without showing it', async () => {
    const here = await furnished()
    await here.ok(['secret', 'put', 'nul', '--store', 'local'], { input: 'can\0ary' })
    const ran = await here.main(['run', '--store', 'local', '--env', 'P=nul', '--', 'ls'])
    expect(ran).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('Use --file') })
    expect(ran.stderr).not.toMatch(/can.?ary/)
  })
})

/** What a failed test has left running, is not; SIGTERM reaches the program too. */
const listened: ChildProcess[] = []
afterEach(() => {
  for (const child of listened.splice(0)) child.kill('SIGTERM')
})

/** Resolves once the child has printed this. */
function listen(child: ChildProcess): (text: string) => Promise<void> {
  listened.push(child)
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => (said += chunk))
  return text =>
    until(() => {
      if (!said.includes(text)) throw new Error(`not said: ${text}; but: ${said}`)
    }, 15_000)
}

describe('--watch', () => {
  const watching = ['run', '--watch', '--interval', '50ms']
  /** Says what it was started with, and ends when it is told to. */
  const polite = node(`
    console.log('has ' + process.env.P)
    process.on('SIGTERM', () => { console.log('leaves ' + process.env.P); process.exit(0) })
    setInterval(() => {}, 1000)`)

  test('a new value: the program ends, and starts with it; the same value again: nothing', async () => {
    const here = await furnished('one-canary')
    const child = here.start([...watching, '--env', 'P=orders-db:password', ...polite])
    const said = listen(child)
    const ended = here.ended(child)
    await said('has one-canary')
    await here.ok(['secret', 'put', 'orders-db', '--replace'], { input: value('one-canary', { note: 'new' }) })
    await change(here, 'two-canary')
    await said('has two-canary')
    await change(here, 'three-canary')
    await said('has three-canary')
    child.kill('SIGTERM')
    const ran = await ended
    expect(ran.stdout.trim().split('\n')).toEqual(
      ['one', 'two', 'three'].flatMap(n => [`has ${n}-canary`, `leaves ${n}-canary`]),
    )
    expect(ran.code).toBe(0)
    expect(ran.stderr.match(/restarted/g)).toHaveLength(2)
    expect(ran.stderr).not.toContain('canary')
  })

  test('a program that does not end is killed after the grace period', async () => {
    const here = await furnished('one')
    const deaf = node(`
      console.log('has ' + process.env.P)
      process.on('SIGTERM', () => console.log('ignored'))
      process.on('SIGUSR2', () => process.exit(3))
      setInterval(() => {}, 1000)`)
    const child = here.start([...watching, '--grace-period', '300ms', '--env', 'P=orders-db:password', ...deaf])
    const said = listen(child)
    const ended = here.ended(child)
    await said('has one')
    await change(here, 'two')
    await said('has two')
    child.kill('SIGUSR2')
    expect(await ended).toMatchObject({ code: 3, stdout: 'has one\nignored\nhas two\n' })
  })

  test('told to end during a restart: it is not started again', async () => {
    const here = await furnished('one')
    const slow = node(`console.log('has ' + process.env.P); let n = 0
      process.on('SIGTERM', () => { console.log('told ' + ++n); if (n === 2) process.exit(5) }); setInterval(() => {}, 1000)`)
    const child = here.start([...watching, '--env', 'P=orders-db:password', ...slow])
    const said = listen(child)
    const ended = here.ended(child)
    await said('has one')
    await change(here, 'two')
    await said('told 1')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 5, stdout: 'has one\ntold 1\ntold 2\n' })
  })

  test('a file is rewritten whole, under its name, and the signal follows', async () => {
    const here = await furnished('one')
    const script = `
      const fs = require('node:fs'); const file = process.env.LOCKSTEP_FILES + '/pw'
      const show = () => console.log('reads ' + fs.readFileSync(file, 'utf8') + ' ' + (fs.statSync(file).mode & 0o777).toString(8) + ' of ' + fs.readdirSync(process.env.LOCKSTEP_FILES))
      show(); process.on('SIGHUP', show); setInterval(() => {}, 1000)`
    const args = ['--signal', 'SIGHUP', '--file', 'pw=orders-db:password', ...node(script)]
    const child = here.start([...watching, ...args])
    const said = listen(child)
    const ended = here.ended(child)
    await said('reads one 600 of pw')
    await change(here, 'two')
    await said('reads two 600 of pw')
    child.kill('SIGTERM')
    expect((await ended).code).toBe(143)
  })

  test('files alone, and no signal: the program finds the new one', async () => {
    const here = await furnished('one')
    const script = `
      const fs = require('node:fs'); let seen
      setInterval(() => { const now = fs.readFileSync(process.env.LOCKSTEP_FILES + '/pw', 'utf8'); if (now !== seen) console.log('found ' + (seen = now)) }, 20)`
    const child = here.start([...watching, '--file', 'pw=orders-db:password', ...node(script)])
    const said = listen(child)
    const ended = here.ended(child)
    await said('found one')
    await change(here, 'two')
    await said('found two')
    child.kill('SIGTERM')
    expect((await ended).code).toBe(143)
  })

  test('a store that cannot be read is said once; the program goes on, and follows again later', async () => {
    const here = await furnished('one-canary')
    const child = here.start([...watching, '--env', 'P=orders-db:password', ...polite])
    const said = listen(child)
    const ended = here.ended(child)
    await said('has one-canary')
    // An id that vanishes and comes back: the configuration's own store stays open, so the value itself is made unusable.
    await here.ok(['secret', 'put', 'orders-db', '--replace', '--store', 'local'], { input: 'no JSON, canary' })
    await said('goes on with what it has')
    await new Promise(resolve => setTimeout(resolve, 400))
    expect(child.exitCode).toBeNull()
    await change(here, 'two-canary')
    await said('has two-canary')
    child.kill('SIGTERM')
    const { stderr } = await ended
    expect(stderr.match(/goes on with what it has/g)).toHaveLength(1)
    expect(stderr).toContain('can be read again')
    expect(stderr).not.toContain('canary')
  })
})

test('nothing is left behind in the folder for temporary files', async () => {
  const here = await furnished()
  const tmp = here.at('tmp')
  here.write('tmp/.keep', '')
  const ran = await here.run(['run', '--file', 'a=bare', ...node('process.kill(process.pid, "SIGTERM")')], {
    env: { TMPDIR: tmp },
  })
  expect(ran.code).toBe(143)
  expect(readdirSync(tmp)).toEqual(['.keep'])
  expect(statSync(join(tmp, '.keep')).isFile() && readFileSync(join(tmp, '.keep'), 'utf8')).toBe('')
})
