/** docs/databases/redis.md as typed, command line included, over a real Redis. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisVersions, startRedis } from '../stand/redis.ts'
import { requireServer } from '../stand/stand.ts'
import { blocksOf, type Line, linesOf, page, root } from './blocks.ts'

const PAGE = 'docs/databases/redis.md'
const blocks = blocksOf(PAGE)
const only = (kind: string, more = '') => {
  const found = blocks.filter(block => block.kind === kind && block.more === more)
  expect(found, `${kind} ${more}`).toHaveLength(1)
  return found[0]!
}
const login = (file: string) => JSON.parse(only('json', file).text) as { username: string; password: string }
const files = ['orders-cache.json', 'redis-admin.json']

const server = requireServer(await startRedis({ tls: true }))

describe.skipIf(server === undefined)('the page as it is typed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-redis-'))
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'cli/lockstep.mjs'), join(folder, 'node_modules/.bin/lockstep'))
    writeFileSync(join(folder, 'ca.pem'), server!.tls!.ca)
    for (const file of files) writeFileSync(join(folder, file), only('json', file).text, { mode: 0o600 })
    // the port is the only thing that differs from machine to machine
    const config = only('yaml', 'lockstep.yml').text.replace('port: 6379', `port: ${server!.port}`)
    writeFileSync(join(folder, 'lockstep.yml'), config)
    for (const command of only('redis').text.trim().split('\n')) await server!.command(command.split(' '))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  const type = async ({ command, exit }: Line) => {
    const { PATH } = process.env
    const env = { PATH: `${join(folder, 'node_modules/.bin')}:${PATH}`, HOME: folder, CI: 'true', NO_COLOR: '1' }
    const running = promisify(execFile)('bash', ['-c', command.replace(/^npx /, '')], { cwd: folder, env })
    running.child.stdin?.end()
    const ran = await running.then(
      done => ({ ...done, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    )
    expect({ command, exit: ran.code }, ran.stdout + ran.stderr).toEqual({ command, exit })
    for (const { password } of files.map(login)) expect(ran.stdout + ran.stderr).not.toContain(password)
  }

  test.each(linesOf(only('sh')).map(line => [line.command, line] as const))('%s', (_, line) => type(line))

  test('ended where it says: the password of the first day is refused, also after a restart', async () => {
    const first = login('orders-cache.json')
    await expect(server!.connect(first)).rejects.toThrow('WRONGPASS')
    await server!.restart()
    await expect(server!.connect(first)).rejects.toThrow('WRONGPASS')
    expect(readFileSync(server!.configFile, 'utf8')).not.toContain(first.password)
    const user = (await server!.command(['ACL', 'GETUSER', first.username])) as unknown[]
    expect(user[user.indexOf('passwords') + 1]).toHaveLength(1)
  })
})

describe('what the page says', () => {
  const text = page(PAGE)

  // Debian's suites move on by themselves within a series, which is no fault of the page: then it is noted.
  test.each(redisVersions)('%s is the version that was run', async version => {
    const started = requireServer(await startRedis({ version }))
    if (started === undefined) return
    const info = String(await started.command(['INFO', 'server']))
    await started.stop()
    const [, number] = /^(?:valkey|redis)_version:(\S+)/m.exec(info.replace(/^redis_version:7\.2\.4\r?\n/m, ''))!
    const [kind, series] = version.split('-') as [string, string]
    const title = kind === 'valkey' ? 'Valkey' : 'Redis'
    const named = new RegExp(`${title} (${series.replace('.', '[.]')}[.]\\d+)`).exec(text)?.[1]
    expect(named).toBeDefined()
    expect(number).toMatch(`${series}.`)
    if (named !== number) process.stderr.write(`${PAGE} names ${title} ${named}; run: ${number}\n`)
  })

  test('what could not be run here is said to be so', () => {
    expect(text).toMatch(/^\| Redis 6, managed services \|.*\| \*\*not yet run on a real server\*\* \|$/m)
  })

  test('has no block that no test knows, and is short', () => {
    const known = ['redis ', 'yaml lockstep.yml', 'json orders-cache.json', 'json redis-admin.json', 'sh ']
    expect(blocks.map(({ kind, more }) => `${kind} ${more}`)).toEqual(known)
    expect(text.split('\n').length).toBeLessThanOrEqual(120)
  })
})
