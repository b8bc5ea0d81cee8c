/** docs/databases/mariadb.md as typed, command line included, over a real MariaDB. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMariadb } from '../stand/mariadb.ts'
import { requireServer } from '../stand/stand.ts'
import { blocksOf, type Line, linesOf, page, root } from './blocks.ts'

const PAGE = 'docs/databases/mariadb.md'
const blocks = blocksOf(PAGE)
const only = (kind: string, more = '') => {
  const found = blocks.filter(block => block.kind === kind && block.more === more)
  expect(found, `${kind} ${more}`).toHaveLength(1)
  return found[0]!
}
const login = (file: string) => JSON.parse(only('json', file).text) as { username: string; password: string }
const files = ['orders-db.json', 'mariadb-admin.json']

const server = requireServer(await startMariadb({ tls: true }))

describe.skipIf(server === undefined)('the page as it is typed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-mariadb-'))
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'cli/lockstep.mjs'), join(folder, 'node_modules/.bin/lockstep'))
    writeFileSync(join(folder, 'ca.pem'), server!.tls!.ca)
    for (const file of files) writeFileSync(join(folder, file), only('json', file).text, { mode: 0o600 })
    // the port is the only thing that differs from machine to machine
    const config = only('yaml', 'lockstep.yml').text.replace('port: 3306', `port: ${server!.port}`)
    writeFileSync(join(folder, 'lockstep.yml'), config)
    await server!.sql(only('sql').text)
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

  test('ended where it says: the password of the first day is refused, and the account has one alone', async () => {
    const { username, password } = login('orders-db.json')
    await expect(server!.connect(username, password)).rejects.toMatchObject({ errno: 1045 })
    const [row] = await server!.sql(`SHOW CREATE USER '${username}'@'%'`)
    expect(Object.values(row!)[0]).toMatch(/^CREATE USER `orders`@`%` IDENTIFIED BY PASSWORD '[*][0-9A-F]{40}'$/)
  })
})

describe('what the page says', () => {
  const text = page(PAGE)

  // Debian's suites move on by themselves within a series, which is no fault of the page: then it is noted.
  test.each([
    ['10.5', 'bullseye'],
    ['10.11', 'bookworm'],
    ['11.8', 'trixie'],
  ] as const)('what was run is the version of the stand: %s', async (version, suite) => {
    const other = requireServer(await startMariadb({ version }))
    if (other === undefined) return
    const [row] = await other.sql('SELECT VERSION() AS version')
    await other.stop()
    const named = new RegExp(
      `^\\| MariaDB (${version.replace('.', '[.]')}[.]\\d+) \\(Debian ${suite}\\) \\|`,
      'm',
    ).exec(text)?.[1]
    expect(named).toBeDefined()
    const run = String(row!.version).split('-')[0]!
    expect(run).toMatch(`${version}.`)
    if (named !== run) process.stderr.write(`${PAGE} names MariaDB ${named}; run: ${run}\n`)
  })

  test('what could not be run here is said to be so', () => {
    for (const name of [
      'MariaDB 10.4, 12; Galera Cluster, ProxySQL, MaxScale',
      'Amazon RDS, Azure Database for MariaDB',
    ])
      expect(text).toMatch(new RegExp(`^\\| ${name} \\|.*\\| \\*\\*not yet run on a real server\\*\\* \\|$`, 'm'))
  })

  test('has no block that no test knows, and is short', () => {
    const known = ['sql ', 'yaml lockstep.yml', 'json orders-db.json', 'json mariadb-admin.json', 'sh ']
    expect(blocks.map(({ kind, more }) => `${kind} ${more}`)).toEqual(known)
    expect(text.split('\n').length).toBeLessThanOrEqual(120)
  })

  test('names each right that the code advises to grant', () => {
    const code = ['accounts', 'examine', 'sessions'].map(name =>
      readFileSync(join(root, `core/targets/mariadb/${name}.ts`), 'utf8'),
    )
    const rights = code.flatMap(source => [...source.matchAll(/GRANT ([A-Z ]+?)(?: and ([A-Z]+))? ON/g)])
    expect(rights.length).toBeGreaterThan(4)
    for (const [, ...named] of rights)
      for (const right of named.filter(Boolean)) expect(text).toContain(`\`${right!.trim()}\``)
  })
})
