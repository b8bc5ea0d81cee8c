/**
 * docs/databases/mongodb.md as typed: its set-up over a stub that knows roles, and all of it, command line included, over FerretDB,
 * which speaks the protocol and ignores roles. Neither is MongoDB, and the page says so.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { type Document, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createMongodbTarget } from '../../core/targets/mongodb/index.ts'
import { FERRETDB_VERSION, startFerretDB } from '../stand/ferretdb.ts'
import { requireServer } from '../stand/stand.ts'
import { startStub } from '../targets/mongodb/stub.ts'
import { blocksOf, type Line, linesOf, page, root } from './blocks.ts'

const PAGE = 'docs/databases/mongodb.md'
const blocks = blocksOf(PAGE)
const only = (kind: string, more = '') => {
  const found = blocks.filter(block => block.kind === kind && block.more === more)
  expect(found, `${kind} ${more}`).toHaveLength(1)
  return found[0]!
}
const login = (file: string) => JSON.parse(only('json', file).text) as { username: string; password: string }
const files = ['orders-db.json', 'mongodb-admin.json']

/** What is typed into `mongosh`, as commands of the protocol; passwords that it asks for are those of the page, or any. */
function typed(text: string): readonly Document[] {
  const commands: Document[] = []
  const passwords = new Map(files.map(login).map(({ username, password }) => [username, password]))
  const send = (command: string, key: 'role' | 'user') => (given: Document) => {
    const { [key]: name, ...rest } = JSON.parse(JSON.stringify(given)) as Document
    const asked = 'pwd' in rest ? { pwd: passwords.get(name) ?? 'any-password-at-all' } : {}
    commands.push({ [command]: name, ...rest, ...asked })
  }
  const database = { createRole: send('createRole', 'role'), createUser: send('createUser', 'user') }
  runInNewContext(text, { db: { getSiblingDB: () => database }, passwordPrompt: () => 'asked' })
  return commands
}

describe('the set-up, over a stub that knows roles', async () => {
  const stub = await startStub(['primary'])
  afterAll(() => stub.stop())
  const { port } = stub.members[0]!

  test('gives the admin what a whole rotation needs, and no more', async () => {
    stub.add({ user: 'people', pwd: 'administrator', may: ['createRole', 'createUser'] })
    const people = new MongoClient(`mongodb://people:administrator@127.0.0.1:${port}/?directConnection=true`)
    for (const command of typed(only('js', 'mongosh').text)) await people.db('admin').command(command)
    await people.close()

    const of = ({ username, password }: { username: string; password: string }) => ({
      username,
      password: SecretValue.of(password),
    })
    const [current, admin] = files.map(login).map(of)
    const config = loadConfig(only('yaml', 'lockstep.yml').text, { fileName: '/x/lockstep.yml' }).secrets.get(
      'orders-db',
    )!
    const target = createMongodbTarget(
      {
        strategy: 'alternating-users',
        users: config.users!,
        endpoints: [{ name: 'writer', host: '127.0.0.1', port, role: 'writer' }],
        tls: { mode: 'disable' },
        admin: async () => admin!,
        owner: 'lockstep:production/orders-db',
        probes: config.target.kind === 'mongodb' ? config.target.probes : [],
      },
      { now: () => Date.now() },
    )
    const call = { signal: new AbortController().signal, deadline: Date.now() + 20_000 }
    expect((await target.examine(current!, call)).map(({ kind }) => kind)).toEqual(['insecure-tls'])
    const pending = { username: 'orders_b', password: SecretValue.of('the-password-of-tomorrow') }
    await target.set({ current: current!, pending }, call)
    await target.test(pending, call)
    await target.end({ previous: current!, current: pending }, call)
    expect(stub.user('lockstep_admin')!.may).toEqual(['viewUser', 'changePassword', 'changeCustomData'])
    expect(stub.user('orders_b')!.customData).toEqual({ lockstep: 'lockstep:production/orders-db' })
  })
})

const server = requireServer(await startFerretDB({ tls: true }))

describe.skipIf(server === undefined)('the page, over the protocol', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-mongodb-'))
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    symlinkSync(join(root, 'cli/lockstep.mjs'), join(folder, 'node_modules/.bin/lockstep'))
    writeFileSync(join(folder, 'ca.pem'), server!.tls!.ca)
    for (const file of files) writeFileSync(join(folder, file), only('json', file).text, { mode: 0o600 })
    // the port is the only thing that differs from machine to machine
    const config = only('yaml', 'lockstep.yml').text.replace('port: 27017', `port: ${server!.tlsPort}`)
    writeFileSync(join(folder, 'lockstep.yml'), config)

    const people = await server!.connect()
    // the only roles that it knows, which mean nothing to it
    const roles = ['readWriteAnyDatabase', 'clusterAdmin'].map(role => ({ role, db: 'admin' }))
    for (const command of typed(only('js', 'mongosh').text))
      if ('createUser' in command) await people.db('admin').command({ ...command, roles })
    await people.close()
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await server?.stop()
  })

  const type = async ({ command, exit }: Line) => {
    const env = {
      PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`,
      HOME: folder,
      CI: 'true',
      NO_COLOR: '1',
    }
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

  test('ended where it says: the password of the first day is refused', async () => {
    const { username, password } = login('orders-db.json')
    await expect(server!.connect(username, password)).rejects.toMatchObject({ code: 18 })
  })
})

describe('what the page says', () => {
  const text = page(PAGE)

  test('was run is the version of the stand; the rest was not', () => {
    expect(text).toContain(`FerretDB ${FERRETDB_VERSION.slice(1)}`)
    for (const name of ['MongoDB', 'Amazon DocumentDB'])
      expect(text).toMatch(new RegExp(`^\\| ${name} \\|.*\\| \\*\\*not yet run on a real server\\*\\* \\|$`, 'm'))
  })

  test('has no block that no test knows, and is short', () => {
    const known = ['js mongosh', 'yaml lockstep.yml', 'json orders-db.json', 'json mongodb-admin.json', 'sh ']
    expect(blocks.map(({ kind, more }) => `${kind} ${more}`)).toEqual(known)
    expect(text.split('\n').length).toBeLessThanOrEqual(120)
  })

  test('names each action that the code asks the server for', () => {
    const code = readFileSync(join(root, 'core/targets/mongodb/examine-rights.ts'), 'utf8')
    for (const [action] of code.matchAll(/\b(view|change)[A-Z]\w+/g)) expect(text).toContain(`\`${action}\``)
  })
})
