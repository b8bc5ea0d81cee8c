/**
 * The page about stores: its tables are those of today, its configurations are valid, its commands do what they say.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gaps } from '../../conformance/gaps.ts'
import { withTables } from '../../conformance/page.ts'
import { loadConfig } from '../../core/config/load.ts'
import { fakeAzure } from '../cli/azure.ts'
import { secretManager } from '../cli/gcp.ts'
import { projects } from '../cli/support.ts'
import { blocksOf, linesOf, page } from './blocks.ts'

const PAGE = 'docs/stores.md'
const blocks = blocksOf(PAGE)
const project = projects()
const gcp = secretManager()
const azure = fakeAzure()

test('the tables are what `node scripts/write-stores.ts` writes', () => {
  expect(withTables(page(PAGE))).toBe(page(PAGE))
})

test('every known gap stands there, with its reason', () => {
  for (const { reason, cases } of gaps) for (const name of cases) expect(page(PAGE)).toContain(`${name} | ${reason} |`)
})

test.each(blocks.filter(({ kind }) => kind === 'yaml').map(block => [block.line, block] as const))(
  'the configuration at line %i is valid, and no consumer would break',
  async (_, { text }) => {
    expect(loadConfig(text, { fileName: join(tmpdir(), 'lockstep.yml') }).secrets.size).toBe(1)
    const here = project()
    here.write('lockstep.yml', text)
    expect((await here.json(['check'])).data.warnings).toEqual([])
  },
)

describe('adopt, as it is typed there', () => {
  const argv = (cloud: string): readonly string[] => {
    const lines = blocks.filter(({ more }) => more === cloud).flatMap(linesOf)
    expect(lines).toHaveLength(1)
    return lines[0]!.command.replace(/^npx lockstep /, '').split(' ')
  }
  const value = JSON.stringify({ username: 'u', password: 'p', host: 'db.example', dbname: 'd' })

  test('at Google Cloud', async () => {
    gcp().service.createSecret({ id: 'orders-db', value, aliases: ['current'] })
    const here = project()
    const args = argv('gcp').map(word => word.replace('my-project', gcp().projectId))
    await here.ok([...args, '--endpoint', `${gcp().host}:${gcp().port}`])
    const { stores } = loadConfig(here.read('adopted.yml'), { fileName: 'adopted.yml' })
    expect([...stores.values()]).toMatchObject([{ kind: 'gcp', readBy: { alias: 'current' } }])
  })

  test('at Azure: the journal is left to be named', async () => {
    azure().vault.service.putAsPerson('orders-db', value, { exp: Math.floor(Date.now() / 1000) + 90 * 86_400 })
    const here = project()
    await here.ok([...argv('azure'), '--endpoint', azure().vault.endpoint])
    expect(here.read('adopted.yml')).toContain('journal: # FILL IN')
    expect(here.read('adopted.yml')).toContain('reads: reference, refresh: 24h')
  })
})
