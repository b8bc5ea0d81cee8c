/**
 * docs/databases/oracle.md: its statements given to a stub of the driver, and its configuration rotated there. It is not Oracle, and the page
 * says so.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createOracleTarget } from '../../core/targets/oracle/index.ts'
import { OracleStub } from '../targets/oracle/driver-stub.ts'
import { blocksOf, page, root } from './blocks.ts'

const PAGE = 'docs/databases/oracle.md'
const only = (kind: string) => {
  const found = blocksOf(PAGE).filter(block => block.kind === kind)
  expect(found, kind).toHaveLength(1)
  return found[0]!
}

describe(PAGE, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-oracle-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the set-up makes what its configuration rotates, without an admin', async () => {
    const stub = new OracleStub()
    stub.add('PEOPLE', 'x')
    const how = { connectTimeout: 1, transportConnectTimeout: 1, retryCount: 0, sslServerDNMatch: true }
    const people = await stub.getConnection({ user: 'people', password: 'x', connectString: 'tcps://h:1/s', ...how })
    for (const statement of only('sql').text.trim().split(/;\n?/).filter(Boolean))
      await people.execute(statement, {}, { outFormat: stub.OUT_FORMAT_OBJECT })

    const { secrets } = loadConfig(only('yaml').text, { fileName: join(folder, 'lockstep.yml') })
    const { target: configured, strategy, grace } = secrets.get('orders-db')!
    if (configured.kind !== 'oracle' || strategy !== 'dual-password') throw new Error('another kind')
    const { endpoints, probes } = configured
    const options = {
      strategy,
      grace,
      endpoints,
      probes,
      tls: { mode: configured.tls.mode },
      owner: 'lockstep:p/o',
    } as const
    const target = createOracleTarget(options, { now: stub.now, driver: async () => stub })
    const credential = (password: string) => ({ username: 'orders', password: SecretValue.of(password) })
    const call = { signal: new AbortController().signal, deadline: stub.now() + 10_000 }
    const [current, pending] = [credential('First-password-1'), credential('Second-password-2')]
    expect(await target.examine(current, call)).toEqual([])
    await target.set({ current, pending }, call)
    await target.test(pending, call)
    expect(stub.valid(stub.users.get('ORDERS')!)).toEqual(['Second-password-2', 'First-password-1'])
    await target.end({ previous: current, current: pending }, call)
    expect(stub.valid(stub.users.get('ORDERS')!)).toEqual(['Second-password-2'])
  })

  test('the passwords that it configures are those that Oracle takes', () => {
    const { secrets } = loadConfig(only('yaml').text, { fileName: join(folder, 'lockstep.yml') })
    expect(secrets.get('orders-db')!.password).toMatchObject({ length: 30, exclude: '"' })
  })

  test('says what was run, and with which driver, in the words of the table', () => {
    const text = page(PAGE)
    expect(text.match(/\*\*not yet run on a real server\*\*/g)).toHaveLength(1)
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules/oracledb/package.json'), 'utf8'))
    expect(text).toContain(`\`oracledb\` ${version}`)
    expect(text.split('\n').length).toBeLessThan(120)
  })
})
