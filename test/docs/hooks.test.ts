/** docs/hooks.md: its configurations are valid, and its receiver knows a delivery of ours from any other. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { profileFacts } from '../../core/config/profiles.ts'
import { webhook } from '../../core/hooks/webhook.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { startFake } from '../core/hooks/server.ts'
import { versioned, within } from '../core/hooks/support.ts'
import { blocksOf, page } from './blocks.ts'

const PAGE = 'docs/hooks.md'
const folder = mkdtempSync(join(tmpdir(), 'lockstep-hooks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ofKind = (kind: string) => blocksOf(PAGE).filter(block => block.kind === kind)

test('every configuration is valid, and its consumers have hooks', () => {
  const kinds = ofKind('yaml').flatMap(({ text }) =>
    loadConfig(text, { fileName: join(folder, 'lockstep.yml') })
      .secrets.get('orders-db')!
      .consumers.map(({ hook }) => hook?.kind),
  )
  expect(kinds).toEqual(['ecs', 'lambda-environment', 'webhook', 'command'])
})

test('the receiver takes a delivery, and nothing that was changed, is old, or has another key', async () => {
  const [{ more, text } = { more: '', text: '' }] = ofKind('js')
  writeFileSync(join(folder, more), text)
  const { isFromLockstep } = (await import(join(folder, more))) as {
    isFromLockstep(headers: object, body: string, key: string, now?: number): boolean
  }
  const { url, received } = await startFake(() => ({}))
  await webhook({ url, key: async () => SecretValue.of('key') }, systemClock).apply(versioned('v2'), within(5_000))
  const { headers, body } = received[0]!
  expect(isFromLockstep(headers, body, 'key')).toBe(true)
  expect(isFromLockstep(headers, body.replace('v2', 'v3'), 'key')).toBe(false)
  expect(isFromLockstep(headers, body, 'other')).toBe(false)
  expect(isFromLockstep({ ...headers, 'lockstep-timestamp': '1' }, body, 'key')).toBe(false)
  expect(isFromLockstep(headers, body, 'key', systemClock.now() + 600_000)).toBe(false)
  expect(isFromLockstep({}, body, 'key')).toBe(false)
})

test('the limits of the table are those of the code', () => {
  const columns = ['postgres', 'mysql', 'mariadb', 'sqlserver', 'oracle'] as const
  for (const profile of ['rds', 'aurora', 'azure'] as const) {
    const row = page(PAGE)
      .split('\n')
      .find(line => line.startsWith(`| \`${profile}\` |`))!
    const cells = row.split('|').slice(2, 7)
    const { engines } = profileFacts[profile]
    const expected = columns.map(kind => (engines[kind] ? `${engines[kind].shortest}-${engines[kind].longest}` : ''))
    expect(cells.map(cell => cell.trim())).toEqual(expected)
  }
})
