import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exampleConfig } from '../../core/config/example.ts'
import { projects } from './support.ts'

const project = projects()

test('init writes the commented example, keys for its owner only, and a line for git', async () => {
  const here = project()
  here.write('.gitignore', 'node_modules/')
  const { stdout } = await here.ok(['init'])
  for (const made of ['lockstep.yml', '.gitignore', '.lockstep/store.key', '.lockstep/fingerprint.key'])
    expect(stdout).toContain(`✔ ${made}`)
  expect(here.read('lockstep.yml')).toBe(Buffer.from(exampleConfig).toString('latin1'))
  expect(here.read('.gitignore')).toBe('node_modules/\n.lockstep/\n')
  expect(statSync(here.at('.lockstep')).mode & 0o777).toBe(0o700)
  for (const key of ['store', 'fingerprint']) expect(statSync(here.at(`.lockstep/${key}.key`)).mode & 0o777).toBe(0o600)
  await here.ok(['check'])
})

test('without its #~ the example has followers, and says what their drill lacks', async () => {
  const here = project()
  await here.ok(['init'])
  here.write('lockstep.yml', exampleConfig.replaceAll(/^( *)#~ /gm, '$1'))
  const { data } = await here.json(['check'])
  expect(data).toMatchObject({ ok: true, warnings: [expect.stringContaining('postgres-admin is lost with local')] })
  expect((await here.json(['status'])).data.secrets).toMatchObject([{ name: 'orders-db', leader: null }])
})

test('init again replaces nothing, and makes only keys that are missing', async () => {
  const here = project()
  await here.ok(['init'])
  here.write('lockstep.yml', `# mine\n${exampleConfig}`)
  const key = here.read('.lockstep/store.key')
  const again = await here.main(['init'])
  expect(again.code).toBe(4)
  expect(again.stderr).toContain('nothing was replaced')
  expect(here.read('lockstep.yml')).toMatch(/^# mine/)
  rmSync(here.at('.lockstep/fingerprint.key'))
  expect((await here.json(['init'])).data.made).toEqual(['.lockstep/fingerprint.key'])
  expect(here.read('.lockstep/store.key')).toBe(key)
  expect(here.read('.gitignore')).toBe('.lockstep/\n')
})

test('init where nothing may be written says so', async () => {
  const here = project()
  chmodSync(here.folder, 0o555)
  const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {}
  const ran = await here.run(['init'], uid)
  expect(ran.code).toBe(5)
  expect(ran.stderr).toMatch(/lockstep\.yml cannot be written/)
  chmodSync(here.folder, 0o755)
  expect(existsSync(here.at('lockstep.yml'))).toBe(false)
})

test('init elsewhere: --config is in the next command', async () => {
  const here = project()
  const { stderr } = await here.ok(['init', '--config', 'ops.yml'])
  expect(stderr).toBe('Next: lockstep check --config ops.yml\n')
  expect((await here.ok(['check', '--config', 'ops.yml'], { env: { npm_command: 'exec' } })).stderr).toContain(
    'npx lockstep check --connect --config ops.yml',
  )
})
