/**
 * One `lockstep.yml` per region that has a worker: the same stores, each at the address at which that region reaches it.
 * @module
 */
import { timing } from './timing.ts'

export const SECRET = 'orders'
export const ADMIN = 'admin'

/** Whose names are the stores' and the members' too: the first leads at first. */
export const regionNames = ['eu', 'us', 'ap', 'dc'] as const
export type RegionName = (typeof regionNames)[number]

/** Of the stores, for one worker. */
export interface Addresses {
  readonly eu: number
  readonly us: number
  readonly vault: number
  readonly blobs: number
  readonly witness: number
}

export interface Written {
  /** Where the worker is; its admin secret is there too. */
  readonly at: RegionName
  readonly addresses: Addresses
  /** Where each region reaches the database. */
  readonly databases: Readonly<Record<RegionName, number>>
  readonly vaultUrl: string
  /** The path of the storage account. */
  readonly account: string
}

export const CONTAINER = 'lockstep'
export const AWS_REGION = 'eu-central-1'

export const configText = ({ at, addresses, databases, vaultUrl, account }: Written): string => `version: 1
deployment: demo
stores:
  eu: { kind: aws, region: ${AWS_REGION}, endpoint: 'http://127.0.0.1:${addresses.eu}' }
  us: { kind: gcp, project: us-project, endpoint: '127.0.0.1:${addresses.us}', readBy: { alias: current }, propagation: 0s }
  ap:
    kind: azure
    vault: '${vaultUrl}'
    endpoint: 'https://localhost:${addresses.vault}'
    journal: { url: 'https://127.0.0.1:${addresses.blobs}/${account}', container: ${CONTAINER} }
  dc: { kind: local, file: dc.db, key: { file: dc.key } }
  witness: { kind: gcp, project: witness-project, endpoint: '127.0.0.1:${addresses.witness}', readBy: { alias: current }, propagation: 0s }
epochs: { store: witness }
audit: [{ kind: file, file: audit-${at}.jsonl }]
${defaults}
secrets:
  ${SECRET}:
    store: eu
${target(databases[at], at)}
    followers:
${(['us', 'ap', 'dc'] as const).map(name => `      - { store: ${name}, values: { port: ${databases[name]} } }\n`).join('')}`

/** The one of an application on premises: it knows the local store alone. */
export const readerText = (database: number): string => `version: 1
deployment: demo
stores:
  dc: { kind: local, file: dc.db, key: { file: dc.key } }
${defaults}
secrets:
  ${SECRET}:
${target(database, 'dc')}
`

const defaults = `defaults:
  interval: never
  grace: ${timing.grace}ms
  replicaLag: 0s
  consumers:
    - { name: clients, kind: other, refresh: ${timing.refresh}ms, connectRetry: ${timing.connectRetry}ms }`

const target = (database: number, admin: string): string => `    strategy: alternating-users
    target:
      kind: postgres
      endpoints: [{ host: 127.0.0.1, port: ${database}, database: postgres }]
      tls: { mode: disable } # loopback only
      probes: [select 1]
      ownerRole: ${SECRET}
      admin: { store: ${admin}, id: ${ADMIN} }
    users: [${SECRET}_a, ${SECRET}_b]`
