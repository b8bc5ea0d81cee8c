/**
 * The command hook, with real programs.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { command } from '../../../core/hooks/command.ts'
import { systemClock } from '../../../core/ports/clock.ts'
import { versioned, within } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-command-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const out = (name: string) => join(folder, name)

/** A program in JavaScript; `args` stand behind it. */
const script = (code: string, ...args: string[]) => [process.execPath, '-e', code, ...args]
const hook = (run: readonly string[], pass: string[] = [], env = process.env) =>
  command({ run, pass, env }, systemClock)
const run = (code: string, ...args: string[]) => hook(script(code, ...args)).apply(versioned('v2'), within(10_000))

describe('a command', () => {
  it('is given names in its arguments and environment, as they are: no shell reads them', async () => {
    const code = `require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv.slice(2), process.env]))`
    const args = ['{secret}={version}', '$(touch /tmp/x); {consumer} {other}']
    await hook(script(code, out('names'), ...args), ['HANDED_ON'], {
      PATH: process.env.PATH,
      HANDED_ON: 'yes',
      LOCKSTEP_KEY: 'a-key-of-the-store',
    }).apply(versioned('v2', { consumer: '$&`id`' }), within(10_000))
    const [argv, env] = JSON.parse(readFileSync(out('names'), 'utf8'))
    expect(argv).toEqual(['orders-db=v2', '$(touch /tmp/x); $&`id` {other}'])
    expect(env).toMatchObject({
      LOCKSTEP_SECRET: 'orders-db',
      LOCKSTEP_VERSION: 'v2',
      LOCKSTEP_CONSUMER: '$&`id`',
      HANDED_ON: 'yes',
    })
    expect(env).not.toHaveProperty('LOCKSTEP_KEY')
  })

  it('says by its exit code how it went', async () => {
    expect(await run('')).toBe('done')
    expect(await run('process.exit(75)')).toBe('under-way')
    await expect(run('process.exit(3)')).rejects.toMatchObject({
      code: 'refused',
      message: 'The command ended with exit code 3.',
      at: process.execPath,
    })
    await expect(run(`process.kill(process.pid, 'SIGKILL')`)).rejects.toMatchObject({ code: 'refused' })
  })

  it('prints into nothing of ours', async () => {
    const error = await run(`console.log('hunter2'); console.error('hunter2'); process.exit(1)`).catch(e => e)
    expect(JSON.stringify([error, error.message])).not.toContain('hunter2')
  })

  it('that cannot be run is a mistake of the configuration', async () => {
    await expect(hook([out('nothing')]).apply(versioned('v2'), within(5_000))).rejects.toMatchObject({
      code: 'config-invalid',
      foreign: 'ENOENT',
      at: out('nothing'),
    })
  })

  it('that does not end in its time is ended with its children, also against its will', async () => {
    const child = `process.on('SIGTERM', () => {}); require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`
    const parent = `process.on('SIGTERM', () => {}); require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}, process.argv[1]]); setInterval(() => {}, 1000)`
    const running = hook(script(parent, out('pid'))).apply(versioned('v2'), within(3_000))
    await expect(running).rejects.toMatchObject({ code: 'target-unreachable', retry: 'yes' })
    const pid = Number(readFileSync(out('pid'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  })

  it('is ended by an interruption', async () => {
    const abort = new AbortController()
    const running = hook(script('setInterval(() => {}, 1000)')).apply(versioned('v2'), within(60_000, abort.signal))
    abort.abort()
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
  })
})

/** A zombie that nobody has collected yet is dead. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
