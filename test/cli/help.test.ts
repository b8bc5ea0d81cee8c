/**
 * Help that teaches, mistakes on the command line, old versions of Node.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../core/errors.ts'
import { projects } from './support.ts'

const project = projects()
const commands = [
  'init',
  'secret put',
  'secret get',
  'check',
  'deploy-check',
  'plan',
  'rotate',
  'retire',
  'rollback',
  'replicate',
  'drift',
  'fail-over',
  'status',
  'history',
  'doctor',
  'metrics',
  'store rotate-key',
  'run',
  'dev',
  'exit-codes',
]

test('help names every command, in groups, and the first steps', async () => {
  const here = project()
  for (const args of [[], ['help'], ['--help']]) {
    const { stdout } = await here.ok(args)
    for (const name of commands) expect(stdout).toContain(`\n  ${name.split(' ')[0]} `)
    for (const text of ['Set up:', 'Rotate:', 'Regions and clouds:', 'Look:', 'A first rotation:', '--json', '--env'])
      expect(stdout).toContain(text)
    expect(stdout).not.toContain('Commands:')
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(100)
  }
})

test.each([
  ['replicate', /Exit code 0: every follower shows current\. 4: .*5: /s],
  ['drift', /--fail-on-drift +exit code 4 if anything differs, 5 if/],
  ['fail-over', /Exit code 4: refused.*5: somebody else was first/s],
  ['deploy-check', /Exit code 0: nothing is missing\. 2: .*4: .*5: /s],
  ['status', /at most 20 of them, or with\s+--followers[\s\S]*Held: a follower does not show current yet/],
  ['retire', /--release follower:ap --reason/],
])('%s: what a person on call must know is in its help', async (name, says) => {
  expect((await project().ok([name, '--help'])).stdout).toMatch(says)
})

test.each(commands)('%s: its help has a description and an example', async name => {
  const { stdout } = await project().ok([...name.split(' '), '--help'])
  expect(stdout).toContain(`Usage: lockstep ${name}`)
  if (name !== 'exit-codes') expect(stdout).toMatch(/Examples?:\n {2}lockstep /)
})

test('the exit codes name every error code once', async () => {
  const { stdout } = await project().ok(['help', 'exit-codes'])
  for (const code of Object.keys(errorCodes))
    expect(stdout.match(new RegExp(`(^|[ ,])${code}(,|$)`, 'gm')), code).toHaveLength(1)
  for (const exit of [0, 1, 2, 3, 4, 5, 6, 130]) expect(stdout).toMatch(new RegExp(`^ {2}${exit} `, 'm'))
})

test.each([
  [['rotat', 'x'], /Unknown command 'rotat'/, 'Did you mean rotate?'],
  [['rotate', 'x', '--forse'], /Unknown option '--forse'/, 'Did you mean --force?'],
  [['rotate'], /Which secret\?/, '--help'],
  [['plan'], /missing required argument 'name'/i, 'lockstep help plan'],
  [['rotate', 'x', '--all'], /Either a name or --all/, '--help'],
  [['rotate', '--all', '--force'], /cannot be used with/, 'lockstep help rotate'],
  [['rotate', 'x', '--revoke-now'], /needs --reason/, '--help'],
  [['retire', 'x', '--release', 'sessions'], /needs --reason/, '--help'],
  [
    ['retire', 'x', '--release', 'everything'],
    /Allowed choices are sessions, consumers, follower:NAME/,
    'lockstep help retire',
  ],
  [['retire', 'x', '--release', 'follower:'], /Allowed choices are sessions/, 'lockstep help retire'],
  [['replicate', '--force', '--reason', 'x'], /needs the name of one secret/, '--help'],
  [['fail-over', 'x'], /required option '--to <member>' not specified/i, 'lockstep help fail-over'],
  [['status', '--timeout', 'soon'], /duration/, '--help'],
  [['history', 'x', '--limit', '0'], /--limit/, '--help'],
])('%j is refused with what was meant', async (args, says, next) => {
  const here = project()
  const ran = await here.main(args)
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toMatch(says)
  expect(ran.stderr).toContain(next)
  const { data } = await here.json(args)
  expect(data.error).toMatchObject({ code: 'usage', exit_code: 2 })
})

test('a group alone shows its help', async () => {
  const ran = await project().main(['secret'])
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain('Usage: lockstep secret')
})

test('a value on the command line is refused, and not repeated', async () => {
  for (const args of [
    ['secret', 'put', 'db', 'hunter2-x'],
    ['secret', 'put', 'db', '--value=hunter2-x'],
    ['rotate', 'db', '--password=hunter2-x'],
  ]) {
    const ran = await project().main(args)
    expect(ran.code).toBe(2)
    expect(ran.stderr + ran.stdout).not.toContain('hunter2-x')
  }
})

test('a secret name that is nearly right: the nearest is named', async () => {
  const target = { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] }
  const here = project().configure({ secrets: { 'orders-db': { strategy: 'single-user', target } } })
  for (const command of ['status', 'plan', 'rotate', 'retire', 'rollback', 'history', 'secret put', 'secret get']) {
    const ran = await here.main([...command.split(' '), 'order-db'])
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain("did you mean 'orders-db'?")
  }
})

describe('an older Node', () => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.17.1'})"

  test('gets one line and exit code 2', async () => {
    const ran = await project().run(['status'], { through: [process.execPath, '--import', pretend] })
    expect(ran).toEqual({ code: 2, stdout: '', stderr: 'lockstep needs Node.js 22.18 or newer; this is 22.17.1.\n' })
  })

  const system = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync)
  const version = system === undefined ? '' : execFileSync(system, ['--version'], { encoding: 'utf8' }).trim()
  test.skipIf(!/^v(1[4-9]|2[01])\./.test(version))(`such as the one of this machine (${version})`, async () => {
    const ran = await project().run(['status'], { through: [system!] })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toBe(`lockstep needs Node.js 22.18 or newer; this is ${version.slice(1)}.\n`)
  })
})

test('npx lockstep works from the repository', () => {
  const cwd = resolve(import.meta.dirname, '../..')
  const stdout = execFileSync('npx', ['--no-install', 'lockstep', '--version'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
