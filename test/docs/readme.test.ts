/**
 * A newcomer who types the README from top to bottom, on a real PostgreSQL. A stale README fails here.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { errorCodes } from '../../core/errors.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { type Block, blocksOf, type Line, linesOf, page, root } from './blocks.ts'

const blocks = blocksOf('README.md')
const steps = blocks.filter(({ kind, more }) => (kind === 'sh' && more === '') || kind === 'sql' || kind === 'json')

const server = requireServer(await startPostgres({ tls: true }))

describe.skipIf(server === undefined)('the first rotation of the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-readme-'))
  const written = new Map<string, string>()

  beforeAll(() => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'cli/lockstep.mjs'), join(folder, 'node_modules/.bin/lockstep'))
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    writeFileSync(join(folder, 'ca.pem'), server!.tls!.ca)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  /** "Correct its endpoints and `tls`": the only hands-on step, and the only thing that differs from machine to machine. */
  const correctConfiguration = () => {
    const file = join(folder, 'lockstep.yml')
    const text = readFileSync(file, 'utf8')
    const corrected = text
      .replace('port: 5432', `port: ${server!.port}`)
      .replace('{ mode: verify-full }', '{ mode: verify-full, ca: ./ca.pem }')
    expect(corrected).not.toBe(text)
    writeFileSync(file, corrected)
  }

  const type = ({ command, exit }: Line) => {
    const { PATH, HOME } = process.env
    // What `npx` does for a command that is installed, without its second of start-up.
    const env = { PATH: `${join(folder, 'node_modules/.bin')}:${PATH}`, HOME, CI: 'true', NO_COLOR: '1' }
    const ran = spawnSync('bash', ['-c', command.replace(/^npx /, '')], {
      cwd: folder,
      env,
      encoding: 'utf8',
      input: '',
    })
    expect({ command, exit: ran.status }, ran.stdout + ran.stderr).toEqual({ command, exit })
    for (const text of written.values()) {
      const { password } = JSON.parse(text) as { password: string }
      expect(ran.stdout + ran.stderr).not.toContain(password)
    }
    if (command.endsWith('lockstep init')) correctConfiguration()
  }

  const perform: Readonly<Record<string, (block: Block) => void | Promise<void>>> = {
    sh: block => linesOf(block).forEach(type),
    sql: async ({ text }) => {
      for (const statement of text.split(';').filter(part => part.trim() !== '')) await server!.sql(statement)
    },
    json: ({ more, text }) => {
      writeFileSync(join(folder, more), text, { mode: 0o600 })
      written.set(more, text)
    },
  }

  test.each(steps.map(block => [`line ${block.line}: ${block.text.split('\n')[0]}`, block] as const))(
    '%s',
    async (_, block) => perform[block.kind]!(block),
  )

  test('ended where it says: all of it on record, and the password of the first day refused', async () => {
    const lockstep = join(folder, 'node_modules/.bin/lockstep')
    const ran = spawnSync(process.execPath, [lockstep, 'history', 'orders-db', '--limit', '1000', '--json'], {
      cwd: folder,
      encoding: 'utf8',
    })
    const types = (JSON.parse(ran.stdout) as { events: { event_type: string }[] }).events.map(e => e.event_type)
    for (const type of [
      'secret_created',
      'secret_rotated',
      'rotation_waiting',
      'rollback',
      'secret_revoked',
      'failed_over',
    ])
      expect(types).toContain(type)
    const old = JSON.parse(written.get('orders-db.json')!) as { username: string; password: string }
    await expect(server!.connect(old.username, old.password, 'orders')).rejects.toMatchObject({ code: '28P01' })
  })
})

describe('the README', () => {
  const text = page('README.md')

  test('is under 300 lines', () => {
    expect(text.split('\n').length).toBeLessThan(300)
  })

  test('has no block whose kind no test knows', () => {
    const known = ({ kind, more }: Block) =>
      (kind === 'sh' && /^(repository|aws)?$/.test(more)) ||
      ['sql', 'yaml'].includes(kind) ||
      (['js', 'json'].includes(kind) && more)
    expect(blocks.filter(block => !known(block))).toEqual([])
    expect(text.match(/^```$/gm)!.length).toBe(blocks.length)
  })

  test.each(blocks.filter(({ kind }) => kind === 'yaml').map(block => [block.line, block] as const))(
    'the configuration at line %i is valid',
    (_, block) => {
      expect(loadConfig(block.text, { fileName: join(tmpdir(), 'lockstep.yml') }).secrets.size).toBeGreaterThan(0)
    },
  )

  test('shows every way in: each command of lockstep, each npm script', () => {
    const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/npm (?:run (?:-s )?)?([a-z\d]+)/g)].map(([, name]) => name!)
    const npmOwn = ['ci', 'install', 'pack', 'brings', 'installs']
    expect(named.filter(name => !scripts[name] && !npmOwn.includes(name))).toEqual([])
    const mine = ['build', 'lint', 'typecheck', 'prepack']
    expect(Object.keys(scripts).filter(name => !named.includes(name) && !mine.includes(name))).toEqual([])
    const commands = [
      'init',
      'check',
      'secret put',
      'secret get',
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
      'adopt',
    ]
    for (const command of commands) expect(text).toContain(`npx lockstep ${command}`)
  })

  test('lists every exit code', () => {
    const listed = [...text.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code))
    expect(listed).toEqual(
      [...new Set([0, ...Object.values(errorCodes).map(({ exit }) => exit), 3])].sort((a, b) => a - b),
    )
  })

  test('names only pages that exist, here and in the other documents', () => {
    for (const name of [
      'README.md',
      'SECURITY.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'docs/protocol.md',
      'docs/audit.md',
      'docs/migrate-from-aws-templates.md',
      'docs/stores.md',
      'docs/versions.md',
      'docs/downtime.md',
      'docs/client.md',
      'docs/hooks.md',
      'docs/followers/README.md',
      ...readdirSync(join(root, 'docs/databases')).map(file => `docs/databases/${file}`),
      ...readdirSync(join(root, 'docs/runtimes')).map(file => `docs/runtimes/${file}`),
    ])
      for (const [, link] of page(name).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g))
        expect(() => readFileSync(join(root, name.replace(/[^/]*$/, ''), link!)), `${name}: ${link}`).not.toThrow()
  })
})
