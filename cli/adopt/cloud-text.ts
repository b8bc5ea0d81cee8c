/**
 * `lockstep.yml` for secrets of Google Cloud or Azure, as text with comments. What nobody knows is left open and marked FILL IN.
 * @module
 */
import type { Becoming, Reading } from './candidate.ts'
import { timing } from './candidate.ts'
import { open, scalar } from './yaml.ts'

export type CloudSource =
  | {
      readonly from: 'gcp'
      readonly project: string
      readonly location?: string | undefined
      readonly endpoint?: string | undefined
    }
  | {
      readonly from: 'azure'
      readonly vault: string
      readonly journal?: string | undefined
      readonly endpoint?: string | undefined
    }

/** How long consumers may be shown the version before: what `core/config` takes for granted. */
const HOUR = 3_600_000
export const propagation = (source: CloudSource, { by }: Reading): number =>
  source.from === 'gcp' ? 3 * HOUR : by === 'reference' ? 24 * HOUR : 0

export function cloudText(secrets: ReadonlyMap<string, Becoming>, source: CloudSource, on: string): string {
  const stores = storesOf([...secrets.values()], source)
  return `# yaml-language-server: $schema=./node_modules/lockstep/lockstep.schema.json
# Written by \`lockstep adopt --from ${source.from}\` on ${on}. Nothing was changed there, and nothing rotates yet.
# Before the first rotation, \`lockstep plan NAME --force\` says what will be created beside a secret, and who can read it.
version: 1

# Marks the logins at the database as ours. Give every deployment that can reach the same database a name of its own.
deployment: ${source.from}

stores:
${[...stores].map(([name, reading]) => storeText(name, reading, source)).join('')}
# The cloud keeps no record of who rotated what, and why. { kind: stderr } for a log collector.
audit:
  - { kind: file, file: lockstep-audit.jsonl }

secrets:
${[...secrets].map(([name, secret]) => secretText(name, secret, source, stores.size > 1)).join('\n')}`
}

/** One store for each way of reading: that is what the key \`readBy\` of a store says. */
function storesOf(secrets: readonly Becoming[], source: CloudSource): ReadonlyMap<string, Reading> {
  return new Map(secrets.map(({ candidate: { reading } }) => [storeName(source, reading), reading]))
}

function storeName({ from }: CloudSource, { by, previous, guessed }: Reading): string {
  if (from === 'azure' || by === 'latest') return from
  return [from, by, previous, guessed && 'or-latest'].filter(Boolean).join('-')
}

function storeText(name: string, reading: Reading, source: CloudSource): string {
  const lines = source.from === 'gcp' ? gcpLines(reading, source) : azureLines(source)
  return `  ${name}:\n${lines.map(line => `    ${line}\n`).join('')}`
}

function gcpLines(reading: Reading, { project, location, endpoint }: Extract<CloudSource, { from: 'gcp' }>): string[] {
  const { by, previous, guessed } = reading
  const mode = by === 'latest' ? 'latest' : `{ alias: ${by}${previous === undefined ? '' : `, previous: ${previous}`} }`
  return [
    'kind: gcp',
    `project: ${scalar(project)}`,
    ...(location === undefined ? [] : [`location: ${location}`]),
    ...(endpoint === undefined ? [] : [`endpoint: ${JSON.stringify(endpoint)}`]),
    ...(guessed
      ? [
          `# What do consumers read? Recommended, because the alias is there: ${mode}`,
          `readBy: # ${open}: latest, or the alias; who reads something else never sees a rotation`,
        ]
      : by === 'latest'
        ? ['readBy: latest # a consumer that reads a number never sees a rotation']
        : [`readBy: ${mode}`]),
  ]
}

function azureLines({ vault, journal, endpoint }: Extract<CloudSource, { from: 'azure' }>): string[] {
  const [, url, container] = /^(https:\/\/.+)\/([a-z0-9-]{3,63})\/?$/.exec(journal ?? '') ?? []
  return [
    'kind: azure',
    `vault: ${vault}`,
    ...(endpoint === undefined ? [] : [`endpoint: ${JSON.stringify(endpoint)}`]),
    '# One blob a secret, written before the vault is changed; no values.',
    url === undefined
      ? `journal: # ${open}: { url: https://ACCOUNT.blob.core.windows.net, container: NAME }`
      : `journal: { url: ${JSON.stringify(url)}, container: ${container} }`,
  ]
}

function secretText(name: string, secret: Becoming, source: CloudSource, several: boolean): string {
  const { candidate, login } = secret
  const { reading, interval, notes } = candidate
  const late = propagation(source, reading)
  const lines = [
    ...notes.map(note => `# ${note}`),
    `${scalar(name)}:`,
    ...(name === candidate.name ? [] : [`  id: ${scalar(candidate.name)}`]),
    ...(several ? [`  store: ${storeName(source, reading)}`] : []),
    '  # One login, with a short gap. alternating-users has none: it needs a second login, and an admin.',
    '  strategy: single-user',
    '  target:',
    '    kind: postgres',
    '    endpoints:',
    `      - host: ${login?.host === undefined ? `# ${open}` : scalar(login.host)}`,
    ...(login?.port === undefined ? [] : [`        port: ${login.port}`]),
    `        database: ${login?.database === undefined ? `# ${open}` : scalar(login.database)}`,
    '    tls: { mode: verify-full } # ca: ./ca.pem for an authority of your own',
    ...(login?.format === 'url' ? ['  value: { format: url }'] : []),
    ...timing(interval, late).map(line => `  ${line}`),
    ...consumers(reading, source),
  ]
  return lines.map(line => `  ${line}\n`).join('')
}

function consumers({ by, guessed }: Reading, { from }: CloudSource): string[] {
  if (by === 'reference') return ['  consumers:', '    - { kind: azure-function, reads: reference, refresh: 24h }']
  const example = from === 'gcp' ? `cloud-run, reads: ${by}` : 'azure-function, reads: latest'
  const note =
    guessed && from === 'azure' ? ' A Key Vault reference of App Service: reads: reference, refresh: 24h.' : ''
  return [`  # Who reads it, and how late.${note}`, `  # consumers: [{ kind: ${example}, refresh: 5m }]`]
}
