/** docs/followers/stores.md says what the code says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { promisesOf } from '../../cli/stores.ts'
import { SIBLING } from '../../core/config/cross-check-clouds.ts'
import type { StoreConfig } from '../../core/config/types.ts'
import { MAX_VALUE_BYTES } from '../../local/checks.ts'
import { Place as AwsPlace } from '../aws/support.ts'
import { Place as AzurePlace } from '../azure/support.ts'
import { file, load } from '../core/config/support.ts'
import { byAlias, Place as GcpPlace } from '../gcp/support.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/followers/stores.md'), 'utf8')
const row = (name: string): readonly string[] => {
  const found = page.split('\n').find(line => line.startsWith(`| ${name} |`))
  expect(found, name).toBeDefined()
  return found!
    .split('|')
    .slice(2, -1)
    .map(cell => cell.trim())
}

const stores = {
  aws: { kind: 'aws', region: 'us-east-1' },
  alias: { kind: 'gcp', project: 'my-project', readBy: { alias: 'current' } },
  latest: { kind: 'gcp', project: 'my-project', readBy: 'latest' },
  azure: {
    kind: 'azure',
    vault: 'https://my-kv.vault.azure.net',
    journal: { url: 'https://acct.blob.core.windows.net', container: 'journals' },
  },
  local: { kind: 'local', file: 'here.db', key: { env: 'KEY' } },
}

it('what each kind says of late copies stands there, as plan says it', () => {
  const loaded: ReadonlyMap<string, StoreConfig> = load(
    file({ stores, audit: [{ kind: 'stderr' }], secrets: {} }),
  ).stores
  for (const [name, config] of loaded) expect(page, name).toContain(`| ${promisesOf(config).copies} |`)
})

it('how much a value may have, and how long a name may be', () => {
  const [gcp, capabilities] = [new GcpPlace(), (one: { capabilities: { maxValueBytes: number } }) => one.capabilities]
  const most = [
    capabilities(new AwsPlace().store()).maxValueBytes,
    capabilities(gcp.store(byAlias)).maxValueBytes,
    capabilities(gcp.store('latest')).maxValueBytes,
    capabilities(new AzurePlace().store()).maxValueBytes,
    MAX_VALUE_BYTES,
  ]
  expect(row('value at most')).toEqual(most.map(bytes => `${bytes.toLocaleString('en-US')} bytes`))
  const [aws, alias, latest, azure] = row('name').map(text => Number.parseInt(text, 10))
  expect([aws, alias, latest, azure]).toEqual([512, 255, 255 - SIBLING.length, 127 - SIBLING.length])
})
