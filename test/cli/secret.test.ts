/**
 * Values coming in and going out.
 */
import { expect, test } from 'vitest'
import { type Project, projects } from './support.ts'

const project = projects()
const target = { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }], admin: { id: 'pg-admin' } }
const furnished = () =>
  project().configure({
    secrets: {
      db: { strategy: 'single-user', target },
      bare: {
        strategy: 'single-user',
        target: { ...target, endpoints: [{ host: 'i', database: 'd' }] },
        user: 'app',
        value: { format: 'password' },
      },
    },
  })
const VALUE = '{"username":"u","password":"p"}'
const revealed = async (here: Project, name: string) =>
  (await here.ok(['secret', 'get', name, '--reveal', '--yes-print-secret'])).stdout

test('put takes stdin or a file; one line break at the end is not part of the value', async () => {
  const here = furnished()
  await here.ok(['secret', 'put', 'bare'], { input: 'pass word \n' })
  expect(await revealed(here, 'bare')).toBe('pass word \n') // and the line break of the output
  here.write('value.json', `${VALUE}\r\n`)
  await here.ok(['secret', 'put', 'db', '--file', 'value.json'])
  expect(await revealed(here, 'db')).toBe(`${VALUE}\n`)
})

test('put asks on a terminal, and does not show what is typed', async () => {
  const here = furnished()
  const ran = await here.ok(['secret', 'put', 'bare', '--no-color'], { input: 'tyX\u007fped-in\r', terminal: true })
  expect(ran.stderr).toContain('Value of bare (not shown): ')
  expect(ran.stdout + ran.stderr).not.toContain('typed-in')
  expect(await revealed(here, 'bare')).toBe('typed-in\n')
  const cancelled = await here.main(['secret', 'put', 'db'], { input: 'half\u0003', terminal: true })
  expect(cancelled.code).toBe(130)
  expect((await here.main(['secret', 'get', 'db'])).code).toBe(4)
})

test('put does not replace what consumers read, unless told to; the same value again is nothing', async () => {
  const here = furnished()
  await here.ok(['secret', 'put', 'db'], { input: VALUE })
  const refused = await here.main(['secret', 'put', 'db'], { input: '{"username":"u","password":"q"}' })
  expect(refused.code).toBe(4)
  expect(refused.stderr).toMatch(/consumers would read the new value at once[\s\S]*--replace/)
  expect((await here.json(['secret', 'put', 'db', '--replace'], { input: VALUE })).data.outcome).toBe('already')
  const { data } = await here.json(['secret', 'put', 'db', '--replace'], { input: '{"username":"u","password":"q"}' })
  expect(data.outcome).toBe('replaced')
  const { events } = (await here.json(['history', 'db'])).data
  expect(events.map((event: { event_type: string; secret_version: object }) => event.event_type)).toEqual([
    'secret_created',
    'secret_created',
  ])
  expect(events[1]).toMatchObject({
    actor: { user_id: 'tester', user_agent: expect.stringMatching(/^lockstep-cli\//) },
    secret_version: { old: expect.any(String), new: data.version },
  })
})

test('put knows the admin of a target by its id, and other ids with --store', async () => {
  const here = furnished()
  const misfit = await here.main(['secret', 'put', 'pg-admin'], { input: 'no json' })
  expect(misfit.code).toBe(4)
  await here.ok(['secret', 'put', 'pg-admin'], { input: VALUE })
  expect((await here.main(['secret', 'put', 'anything'], { input: 'x' })).code).toBe(2)
  await here.ok(['secret', 'put', 'anything', '--store', 'local'], { input: 'x' })
  const wrong = await here.main(['secret', 'put', 'anything', '--store', 'locl'], { input: 'x' })
  expect(wrong.stderr).toContain("did you mean 'local'?")
})

test('what is not text is refused', async () => {
  const here = furnished()
  const file = here.write('bytes', '')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]))
  const ran = await here.main(['secret', 'put', 'bare', '--file', 'bytes'])
  expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('not UTF-8') })
  expect((await here.main(['secret', 'put', 'bare', '--file', 'absent'])).stderr).toContain('cannot be read')
  expect((await here.main(['secret', 'put', 'bare'], { input: 'x'.repeat(1_000_001) })).stderr).toContain('too long')
})

test('get shows no value; --reveal does on a terminal, elsewhere with a second flag; revealing is on record', async () => {
  const here = furnished()
  await here.ok(['secret', 'put', 'db'], { input: VALUE })
  const shown = await here.ok(['secret', 'get', 'db'])
  expect(shown.stdout).toMatch(/fingerprint {2}fp:[0-9a-f]{16}/)
  expect(shown.stdout).not.toContain('"p"')
  const refused = await here.main(['secret', 'get', 'db', '--reveal'])
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect((await here.json(['secret', 'get', 'db', '--reveal'])).data.error.code).toBe('usage')
  expect((await here.ok(['secret', 'get', 'db', '--reveal'], { terminal: true })).stdout).toBe(`${VALUE}\n`)
  await revealed(here, 'db')
  const { events } = (await here.json(['history', 'db'])).data
  expect(events.filter((event: { event_type: string }) => event.event_type === 'secret_read')).toHaveLength(2)
})

test('store rotate-key: everything is readable with the new key; a key from the environment is not replaced', async () => {
  const here = furnished()
  await here.ok(['secret', 'put', 'db'], { input: VALUE })
  const old = here.read('.lockstep/store.key')
  expect((await here.json(['store', 'rotate-key'])).data).toMatchObject({ store: 'local', values: 1 })
  expect(here.read('.lockstep/store.key')).not.toBe(old)
  expect(await revealed(here, 'db')).toBe(`${VALUE}\n`)
  expect((await here.main(['store', 'rotate-key', 'other'])).code).toBe(2)
  const key = here.read('.lockstep/store.key').trim()
  here.write('lockstep.yml', here.read('lockstep.yml').replace('"file": ".lockstep/store.key"', '"env": "STORE_KEY"'))
  const ran = await here.main(['store', 'rotate-key'], { env: { STORE_KEY: key } })
  expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('STORE_KEY') })
})
