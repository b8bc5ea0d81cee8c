// How an event is written. The documentation and the service's own specification disagree about the names in `data`, so a
// consumer has to understand all of these: https://learn.microsoft.com/azure/event-grid/event-schema-key-vault and
// https://github.com/Azure/azure-rest-api-specs (eventgrid, Microsoft.KeyVault/stable/2018-01-01/KeyVault.json).

import type { ServiceEvent } from './events.ts'

/**
 * `pascal`: Id, VaultName, … EXP. `camel`: as the specification has them. `spaced` and `mixed`: as two revisions of the
 * documentation's samples have them, with a space at the end of one name and at the start of the version, dates as text.
 */
export type Casing = 'pascal' | 'camel' | 'spaced' | 'mixed'

type Row = readonly [pascal: string, camel: string, spaced: string, mixed: string, value: string | number | null]

function data(event: ServiceEvent, casing: Casing): Record<string, string | number | null> {
  const { vault, name, version, nbf = null, exp = null } = event
  const asSample = casing === 'spaced' || casing === 'mixed'
  const rows: readonly Row[] = [
    ['Id', 'id', 'Id', 'Id', `https://${vault}.vault.azure.net/secrets/${name}/${version}`],
    ['VaultName', 'vaultName', 'VaultName', 'vaultName', vault],
    ['ObjectType', 'objectType', 'ObjectType', 'objectType', 'Secret'],
    ['ObjectName', 'objectName', 'ObjectName ', 'objectName ', name],
    ['Version', 'version', 'Version', 'version', asSample ? ` ${version}` : version],
    ['NBF', 'nbf', 'NBF', 'nbf', nbf],
    ['EXP', 'exp', 'EXP', 'exp', exp],
  ]
  const column = { pascal: 0, camel: 1, spaced: 2, mixed: 3 }[casing]
  const written = (value: string | number | null) => (asSample && typeof value === 'number' ? String(value) : value)
  return Object.fromEntries(rows.map(row => [row[column], written(row[4])]))
}

/** With the seven decimals that Event Grid writes. */
const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '0000Z')

export const eventGridEvent = (event: ServiceEvent, casing: Casing = 'pascal') => ({
  id: event.id,
  topic: event.resourceId,
  subject: event.name,
  eventType: `Microsoft.KeyVault.${event.type}`,
  eventTime: time(event.time),
  data: data(event, casing),
  dataVersion: '1',
  metadataVersion: '1',
})

export const cloudEvent = (event: ServiceEvent, casing: Casing = 'pascal') => ({
  id: event.id,
  source: event.resourceId,
  subject: event.name,
  type: `Microsoft.KeyVault.${event.type}`,
  time: time(event.time),
  specversion: '1.0',
  data: data(event, casing),
})
