/**
 * `lockstep adopt --from azure` against our fake of Key Vault: what it recommends, what it writes, and that it changes nothing.
 */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { CALLER, fakeAzure } from './azure.ts'
import { DAY, type Project, projects } from './support.ts'

const project = projects()
const fake = fakeAzure()
const CANARY = 'Adopted/canary-9'
const value = JSON.stringify({ username: 'app', password: CANARY, host: 'db.example', dbname: 'orders' })
const JOURNAL = 'https://acct.blob.core.windows.net/lockstep'
const inDays = (days: number) => Math.floor((Date.now() + days * DAY) / 1000)

let count = 0
const prefixes = () => `t${++count}-`
const adopt = (prefix: string, ...more: string[]) => [
  ...['adopt', '--from', 'azure', '--vault', fake().vault.vaultUrl, '--endpoint', fake().vault.endpoint],
  ...['--prefix', prefix, ...more],
]
const fileOf = (here: Project) => loadConfig(here.read('lockstep.yml'), { fileName: here.at('lockstep.yml') })

describe('recommends', () => {
  test('an interval from exp; how consumers read cannot be seen, and is asked', async () => {
    const prefix = prefixes()
    const { service } = fake().vault
    service.putAsPerson(`${prefix}year`, value, { exp: inDays(365) })
    service.putAsPerson(`${prefix}month`, value, { exp: inDays(30) })
    service.putAsPerson(`${prefix}never`, value)
    const here = project()
    const { data } = await here.json(adopt(prefix, '--journal', JOURNAL))
    expect(data).toMatchObject({
      not_shown: 1,
      secrets: [
        { name: `${prefix}month`, interval: '15d', asked: false },
        { name: `${prefix}year`, interval: expect.stringMatching(/^33[45]d/), asked: false },
      ],
    })
    const ran = await here.ok(adopt(prefix, '--journal', JOURNAL, '--read-values', '--force'), {
      terminal: true,
      input: 'reference\n',
    })
    expect(ran.stderr).toContain('How do consumers read this vault?')
    const { secrets, stores } = fileOf(here)
    expect(stores.get('azure')).toMatchObject({ vault: fake().vault.vaultUrl, journal: { container: 'lockstep' } })
    expect(secrets.get(`${prefix}never`)).toMatchObject({ consumers: [{ reads: 'reference', refresh: DAY }] })
    expect(secrets.size).toBe(3)
    expect(here.read('lockstep.yml') + here.printed).not.toContain(CANARY)
  })

  test('without a journal the file says where it has to be named, and check too', async () => {
    const prefix = prefixes()
    fake().vault.service.putAsPerson(`${prefix}a`, value, { exp: inDays(90) })
    const here = project()
    await here.ok(adopt(prefix, '--read-values', '--read-by', 'latest'))
    expect(here.read('lockstep.yml')).toContain('journal: # FILL IN')
    expect((await here.main(['check'])).stderr).toContain('stores.azure.journal: ')
  })
})

test('changes nothing: only reads are sent, and nothing to the journal’s account', async () => {
  const prefix = prefixes()
  fake().vault.service.putAsPerson(`${prefix}a`, value, { exp: inDays(90) })
  const before = JSON.stringify([...fake().vault.service.peek(`${prefix}a`).versions])
  fake().vault.calls.reset()
  await project().ok(adopt(prefix, '--read-values', '--read-by', 'latest', '--journal', JOURNAL))
  const ops = [...new Set(fake().vault.calls.list.map(({ op }) => op))]
  expect(ops.filter(op => !/^(challenge|Get|List)/.test(op))).toEqual([])
  expect(ops).toContain('GetSecret')
  expect(fake().blobs.calls.count()).toBe(0)
  expect(JSON.stringify([...fake().vault.service.peek(`${prefix}a`).versions])).toBe(before)
})

test('certificates, too many tags, disabled versions and our own secrets are left alone', async () => {
  const prefix = prefixes()
  const { service } = fake().vault
  service.putCertificate(`${prefix}cert`, 'PEM')
  const tags = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`tag${n}`, 'x']))
  service.putAsPerson(`${prefix}tagged`, value, { tags })
  service.putAsPerson(`${prefix}off`, value, { enabled: false })
  service.putAsPerson(`${prefix}x-lockstep-pending`, value)
  service.putAsPerson(`${prefix}${'y'.repeat(110)}`, value)
  fake().vault.calls.reset()
  const { data } = await project().json(adopt(prefix, '--read-values', '--read-by', 'latest', '--out', '-'))
  expect(data.secrets).toMatchObject([
    { name: `${prefix}cert`, becomes: 'stays', reason: expect.stringContaining('left alone: Key Vault manages it') },
    { name: `${prefix}off`, becomes: 'stays', reason: 'its newest version is disabled' },
    { name: `${prefix}tagged`, becomes: 'stays', reason: expect.stringContaining('has 13 tags') },
    { becomes: 'stays', reason: expect.stringContaining('is too long') },
  ])
  expect(fake().vault.calls.count('GetSecret')).toBe(1)
})

test('no vault, a word that is none, no permission', async () => {
  const lost = await project().main(['adopt', '--from', 'azure'])
  expect(lost.code).toBe(2)
  expect(lost.stderr).toContain('--vault https://NAME.vault.azure.net')
  const wrong = await project().main(adopt('x', '--read-by', 'alias'))
  expect(wrong.stderr).toContain('`--read-by` is latest or reference')
  fake().vault.permissions.denyAction(CALLER, '*')
  const denied = await project().main(adopt('x'))
  expect(denied.code).toBe(4)
  expect(denied.stderr).toMatch(/Microsoft\.KeyVault\/vaults\/secrets\/readMetadata\/action.* not allowed/)
})
