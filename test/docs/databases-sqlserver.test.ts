/**
 * docs/databases/sqlserver.md: its statements typed to a stub of the wire, by the real driver, and its configuration rotated there. It is not
 * SQL Server, and the page says so.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tedious from 'tedious'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createSqlServerTarget } from '../../core/targets/sqlserver/index.ts'
import { startTdsStub } from '../targets/sqlserver/tds-stub.ts'
import { blocksOf, page, root } from './blocks.ts'

const PAGE = 'docs/databases/sqlserver.md'
const only = (kind: string, more = '') => {
  const found = blocksOf(PAGE).filter(block => block.kind === kind && block.more === more)
  expect(found, `${kind} ${more}`).toHaveLength(1)
  return found[0]!
}

describe(PAGE, async () => {
  const stub = await startTdsStub()
  stub.logins.set('sa', { password: 'x' })
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-sqlserver-'))
  afterAll(async () => {
    await stub.stop()
    rmSync(folder, { recursive: true })
  })

  test('the set-up makes what its configuration rotates', async () => {
    for (const database of ['master', 'orders']) await typed(stub.port, database, only('sql', database).text)
    const { secrets } = loadConfig(only('yaml').text, { fileName: join(folder, 'lockstep.yml') })
    const { target: configured, users, strategy } = secrets.get('orders-db')!
    if (configured.kind !== 'sqlserver' || strategy !== 'alternating-users') throw new Error('another kind')
    const credential = (username: string, password: string) => ({ username, password: SecretValue.of(password) })
    const target = createSqlServerTarget(
      {
        ...configured,
        strategy,
        users,
        endpoints: configured.endpoints.map(endpoint => ({ ...endpoint, host: stub.host, port: stub.port })),
        tls: { mode: 'disable' },
        admin: async () => credential('lockstep_admin', 'Admin-password-1'),
        owner: 'lockstep:production/orders-db',
      },
      { now: () => Date.now() },
    )
    const call = { signal: new AbortController().signal, deadline: Date.now() + 10_000 }
    const current = credential('orders_a', 'First-password-1')
    const pending = credential(target.nextUsername(current), 'Second-password-2')
    expect((await target.examine(current, call)).map(({ kind }) => kind)).toEqual(['insecure-tls'])
    await target.set({ current, pending }, call)
    await target.test(pending, call)
    expect(await target.sessions!(current, pending, 0, call)).toBe(0)
    await target.end({ previous: current, current: pending }, call)
    expect((await target.accepts(pending, call)).refused).toEqual([])
  })

  test('says what was run, and with which drivers, in the words of the table', () => {
    const text = page(PAGE)
    expect(text.match(/\*\*not yet run on a real server\*\*/g)).toHaveLength(2)
    for (const name of ['tedious', 'mssql']) {
      const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'))
      expect(text).toContain(`\`${name}\` ${version}`)
    }
    expect(text.split('\n').length).toBeLessThan(120)
  })
})

/** As a person types it: one statement after the other. */
async function typed(port: number, database: string, text: string): Promise<void> {
  const connection = new tedious.Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'sa', password: 'x' } },
    options: { port, database, encrypt: false, trustServerCertificate: true },
  })
  await new Promise<void>((done, refused) => connection.connect(error => (error ? refused(error) : done())))
  for (const statement of text.trim().split(/;\n?/).filter(Boolean))
    await new Promise<void>((done, refused) =>
      connection.execSqlBatch(new tedious.Request(statement, error => (error ? refused(error) : done()))),
    )
  connection.close()
}
