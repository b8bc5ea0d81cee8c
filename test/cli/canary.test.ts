/**
 * No value leaves: known passwords, searched in everything that commands print and leave behind.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { furnished, prepare } from './database.ts'
import { projects } from './support.ts'

const server = requireServer(await startPostgres({ conf: { log_statement: 'all' } }))
const project = projects()
afterAll(() => server?.stop())

const encodings = (text: string): string[] => [
  text,
  Buffer.from(text).toString('base64'),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
]

/** Everything below a folder, byte by byte. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'latin1'))

describe.skipIf(server === undefined)('no value leaves', () => {
  test('in good and failing flows: neither printed, nor audited, nor in any file', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared, {
      ...prepared.config,
      audit: [{ kind: 'file', file: 'audit.jsonl' }, { kind: 'stdout' }],
    })
    const brought = 'Brought/canary-7731"+x'
    here.write('value.json', brought)
    const values = [prepared.password, brought, 'Mistyped-canary-1"', server!.adminPassword]
    for (const line of [
      'status',
      'status orders-db',
      'check --connect',
      'plan orders-db --connect --force',
      'secret get orders-db',
      'rotate orders-db --force --value-file value.json',
      'rotate solo-db --force',
      'history orders-db',
      'doctor',
      'metrics',
      'rollback orders-db',
      'rotate orders-db --revoke-now --reason test',
      'retire orders-db',
      'store rotate-key',
      'secret put orders-db Mistyped-canary-1"',
      'rotate orders-db --value=Mistyped-canary-1"',
      'rotate solo-db --force',
      'secret get orders-db --reveal',
      'rotate --all',
    ]) {
      await here.main(line.split(' '))
      await here.main([...line.split(' '), '--json'])
    }
    const { data: last } = await here.json(['secret', 'get', 'orders-db'])
    for (const input of [`{"username":"${prepared.users[0]}","password":"Mistyped-canary-1\\""`, 'Mistyped-canary-1"'])
      await here.main(['secret', 'put', 'orders-db', '--replace'], { input })
    expect((await here.json(['secret', 'get', 'orders-db'])).data.version).toBe(last.version)
    const printed = here.printed
    for (const done of [
      'orders-db is rotated',
      'solo-db is rotated',
      'previous credential',
      'verified refused',
      'value-unsuitable',
    ])
      expect(printed).toContain(done)
    expect(here.read('audit.jsonl')).toContain('secret_rotated')

    const { stdout: now } = await here.ok(['secret', 'get', 'orders-db', '--reveal', '--yes-print-secret'])
    const { stdout: solo } = await here.ok(['secret', 'get', 'solo-db', '--reveal', '--yes-print-secret'])
    for (const text of [now, solo])
      values.push(JSON.parse(text.split('\n').find(line => line.includes('password'))!).password)
    here.write('value.json', '')
    const places = { printed, files: filesBelow(here.folder).join('\n') }
    for (const value of values)
      for (const [place, text] of Object.entries(places))
        for (const form of encodings(value)) expect(text.includes(form), `a value in ${place}`).toBe(false)
    // the server's log holds what the test itself created; what Lockstep set, it has never seen
    for (const value of values.slice(4)) for (const form of encodings(value)) expect(server!.log()).not.toContain(form)
  })
})
