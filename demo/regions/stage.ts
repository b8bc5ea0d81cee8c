/**
 * Four regions with a store each, one database, a witness that says who leads, a worker in two of the regions, and clients in all.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createKeyFile } from '../../local/index.ts'
import { type Postgres, startPostgres } from '../../test/stand/postgres.ts'
import { requireServer } from '../../test/stand/stand.ts'
import { accepts } from '../accepts.ts'
import { Fleet } from '../fleet.ts'
import type { Source } from '../reading.ts'
import { ADMIN, AWS_REGION, configText, type RegionName, readerText, regionNames, SECRET } from './config.ts'
import { signIn } from './sign-in.ts'
import { type Clouds, closeClouds, Lines, startClouds } from './stores.ts'
import { Worker } from './worker.ts'

export interface Region {
  readonly name: RegionName
  /** For people. */
  readonly store: string
  readonly fleet: Fleet
}

const storeNames: Readonly<Record<RegionName, string>> = {
  eu: 'AWS Secrets Manager [fake]',
  us: 'Google Secret Manager [fake]',
  ap: 'Azure Key Vault [fake]',
  dc: 'local store',
}

interface Parts {
  readonly server: Postgres
  readonly clouds: Clouds
  readonly lines: Lines
  readonly workers: Readonly<Record<'eu' | 'us', Worker>>
  readonly regions: readonly Region[]
  readonly signOut: () => void
}

export class RegionsStage {
  readonly lines: Lines
  readonly workers: Parts['workers']
  readonly regions: readonly Region[]
  readonly #parts: Parts

  private constructor(parts: Parts) {
    this.#parts = parts
    this.lines = parts.lines
    this.workers = parts.workers
    this.regions = parts.regions
  }

  /** Undefined (said on stderr): this machine cannot run the server. */
  static async open(): Promise<RegionsStage | undefined> {
    const server = requireServer(await startPostgres())
    if (!server) return undefined
    const folder = path.dirname(server.dataFolder)
    const at = (file: string) => path.join(folder, file)
    const [clouds, lines] = [await startClouds(), new Lines()]
    const signOut = await signIn(clouds.vault.tokens, [clouds.vault.ca, clouds.blobs.ca])
    const databases = {} as Record<RegionName, number>
    for (const name of regionNames) databases[name] = await lines.lay(name, 'database', server.port)
    await makeLogins(server, clouds, databases.eu)
    createKeyFile(at('dc.key'))
    const workerIn = async (region: 'eu' | 'us') => {
      const { vault, blobs } = clouds
      const addresses = await lines.toStores(region, clouds)
      const place = { vaultUrl: vault.vaultUrl, account: blobs.account }
      writeFileSync(at(`${region}.yml`), configText({ at: region, addresses, databases, ...place }))
      return new Worker(region, at(`${region}.yml`))
    }
    const workers = { eu: await workerIn('eu'), us: await workerIn('us') }
    await workers.eu.store('dc', true)
    writeFileSync(at('dc.yml'), readerText(databases.dc))
    const sources = sourcesOf(clouds, at('dc.yml'))
    const regions = regionNames.map(name => ({ name, store: storeNames[name], fleet: new Fleet(sources[name]) }))
    return new RegionsStage({ server, clouds, lines, workers, regions, signOut })
  }

  /** Whether the database takes a value of the secret. */
  async takes(value: SecretValue): Promise<boolean> {
    const { username, password } = JSON.parse(value.reveal()) as { username: string; password: string }
    return accepts(this.#parts.server, { username, password: SecretValue.of(password) })
  }

  async close(): Promise<void> {
    const { server, clouds, lines, workers, regions, signOut } = this.#parts
    for (const { fleet } of regions) fleet.stop()
    for (const worker of Object.values(workers)) await worker.close()
    signOut()
    await lines.close()
    await closeClouds(clouds)
    await server.stop()
  }
}

/** Consumers read their own region's store, and nothing else. */
const sourcesOf = ({ aws, gcp, vault }: Clouds, configFile: string): Readonly<Record<RegionName, Source>> => ({
  eu: { endpoint: aws.endpoint, region: AWS_REGION },
  us: { cloud: 'gcp', project: gcp.projectId, host: gcp.host, port: gcp.port, version: 'current' },
  ap: { cloud: 'azure', endpoint: vault.endpoint, ca: vault.ca, lag: 0 },
  dc: { configFile },
})

/** An admin who may no more than it must, in both regions that have a worker; a pair of logins, of which the leader's store has one. */
async function makeLogins(server: Postgres, { aws, gcp }: Clouds, port: number): Promise<void> {
  const login = (username: string) => {
    const password = randomBytes(24).toString('hex')
    const value = { engine: 'postgres', host: '127.0.0.1', port, username, password, dbname: 'postgres' }
    return { value: JSON.stringify(value), clause: `LOGIN PASSWORD '${password}'` }
  }
  const [admin, first] = [login('lockstep_admin'), login(`${SECRET}_a`)]
  aws.service.createSecret({ name: ADMIN, value: admin.value })
  gcp.service.createSecret({ id: ADMIN, value: admin.value, aliases: ['current'] })
  aws.service.createSecret({ name: SECRET, value: first.value })
  await server.sql(
    [
      `CREATE ROLE lockstep_admin CREATEROLE ${admin.clause}; GRANT pg_read_all_stats, pg_signal_backend TO lockstep_admin`,
      'SET ROLE lockstep_admin',
      `CREATE ROLE "${SECRET}"; CREATE ROLE "${SECRET}_a" IN ROLE "${SECRET}" ${first.clause}; CREATE ROLE "${SECRET}_b" IN ROLE "${SECRET}" LOGIN`,
      `ALTER ROLE "${SECRET}_a" SET role = "${SECRET}"; ALTER ROLE "${SECRET}_b" SET role = "${SECRET}"`,
    ].join('; '),
  )
}
