/**
 * The tables of `docs/stores.md`: made from the stores themselves, from the sites of the suite, and from the table of gaps.
 * @module
 */
import { besideOf, promisesOf } from '../cli/stores.ts'
import type { StoreConfig } from '../core/config/types.ts'
import type { SecretStore } from '../core/ports/secret-store.ts'
import { MAX_VALUE_BYTES } from '../local/checks.ts'
import { Place as AwsPlace } from '../test/aws/support.ts'
import { Place as AzurePlace } from '../test/azure/support.ts'
import { byAlias, Place as GcpPlace } from '../test/gcp/support.ts'
import { azurite } from './azurite.ts'
import { type Gap, gaps, leftToChance } from './gaps.ts'
import { moto } from './moto.ts'
import { serverName } from './run.ts'
import { sitesHere } from './sites-here.ts'

interface Shown {
  readonly name: string
  readonly config: StoreConfig
  readonly capabilities: SecretStore['capabilities']
}

const HOUR = 3_600_000
const gcp = {
  kind: 'gcp',
  project: 'PROJECT',
  location: undefined,
  endpoint: undefined,
  propagation: 3 * HOUR,
} as const
const journal = { url: 'https://ACCOUNT.blob.core.windows.net', container: 'CONTAINER' }

const shown = (): readonly Shown[] => [
  {
    name: 'local',
    config: { kind: 'local', file: 'FILE', key: { env: 'KEY' } },
    capabilities: { publish: 'fenced', maxValueBytes: MAX_VALUE_BYTES, records: true },
  },
  {
    name: 'aws',
    config: { kind: 'aws', region: undefined, endpoint: undefined, role: undefined },
    capabilities: new AwsPlace().store().capabilities,
  },
  {
    name: 'gcp, `readBy: { alias }`',
    config: { ...gcp, readBy: { alias: 'ALIAS' } },
    capabilities: new GcpPlace().store(byAlias).capabilities,
  },
  {
    name: 'gcp, `readBy: latest`',
    config: { ...gcp, readBy: 'latest' },
    capabilities: new GcpPlace().store('latest').capabilities,
  },
  {
    name: 'azure',
    config: { kind: 'azure', vault: 'https://VAULT', journal, endpoint: undefined, propagation: 0 },
    capabilities: new AzurePlace().store().capabilities,
  },
]

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [row(...head), `|${head.map(() => '---').join('|')}|`, ...body.map(cells => row(...cells))].join('\n')

/** `fenced: words` or words alone. */
const words = (publishes: string): string => publishes.replace(/^(fenced|reported|blind): /, '')

const guarantees = (): string =>
  rows(
    ['store', 'promotion', 'what that means', 'value at most', 'events'],
    shown().map(({ name, config, capabilities: { publish, maxValueBytes, records } }) => [
      name,
      `**${publish}**`,
      words(promisesOf(config).publishes),
      `${maxValueBytes.toLocaleString('en-US')} bytes`,
      records ? 'in the same transaction' : 'beside it, to `audit`',
    ]),
  )

const beside = (): string =>
  rows(
    ['store', 'made besides', 'who can read it'],
    shown().flatMap(({ name, config }) => besideOf(config, 'NAME').map(({ what, readers }) => [name, what, readers])),
  )

const ran = (): string =>
  rows(
    ['store', 'server', 'label', 'the service itself'],
    [...sitesHere, moto, azurite].map(site => [
      site.store,
      serverName(site),
      site.label,
      site.label === 'real' ? 'it is' : site.store === 'memory' ? 'there is none' : '**never**',
    ]),
  )

const gapRows = (): string =>
  rows(
    ['store', 'server', 'not kept', 'because'],
    [...gaps, ...leftToChance].flatMap(gap => gap.cases.map(name => gapRow(gap, name))),
  )

const gapRow = (gap: Gap, name: string): readonly string[] => [
  gap.store,
  gap.server ?? 'any',
  leftToChance.includes(gap) ? `${name} (chance)` : name,
  gap.reason,
]

const tables: Readonly<Record<string, () => string>> = { guarantees, beside, ran, gaps: gapRows }

/** The page with its tables as they are now. A mark that it lacks, or does not know: throws. */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, make]) => {
    const [from, to] = [`<!-- ${name}: made by scripts/write-stores.ts -->\n`, `\n<!-- end of ${name} -->`]
    const [start, end] = [text.indexOf(from), text.indexOf(to)]
    if (start < 0 || end < start) throw new Error(`docs/stores.md has no place for the table ${name}`)
    return text.slice(0, start + from.length) + make() + text.slice(end)
  }, page)
}
