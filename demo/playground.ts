/**
 * A real PostgreSQL, a local store and a `lockstep.yml`, in one folder that goes with the server: also after Ctrl-C or SIGKILL,
 * because the server's keeper removes it.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Workspace } from '../cli/compose.ts'
import { loadConfig } from '../core/config/load.ts'
import { type Clock, type Duration, systemClock } from '../core/ports/clock.ts'
import type { Call } from '../core/ports/secret-store.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { createKeyFile } from '../local/index.ts'
import { type Postgres, startPostgres } from '../test/stand/postgres.ts'
import { requireServer } from '../test/stand/stand.ts'

export interface PlaygroundSecret {
  readonly name: string
  readonly strategy: 'single-user' | 'alternating-users'
}

export interface Timing {
  readonly grace: Duration
  /** The cache of a consumer. */
  readonly refresh: Duration
  /** What the configuration cannot say: it refuses a run life below a minute, and rotations keep a run life apart. */
  readonly runLife: Duration
}

/** The demo's seconds instead of a production's hours; the order of their sizes is the same. */
export const quick: Timing = { grace: 1_000, refresh: 500, runLife: 2_000 }

export interface Playground {
  readonly server: Postgres
  readonly configFile: string
  readonly workspace: Workspace
  close(): Promise<void>
}

/** Undefined (said on stderr): this machine cannot run the server. */
export async function openPlayground(
  secrets: readonly PlaygroundSecret[],
  timing: Pick<Timing, 'grace' | 'refresh'> = quick,
  { clock = systemClock, conf }: { clock?: Clock; conf?: Readonly<Record<string, string | number>> } = {},
): Promise<Playground | undefined> {
  const server = requireServer(await startPostgres(conf && { conf }))
  if (!server) return undefined
  const folder = path.dirname(server.dataFolder)
  const at = (file: string) => path.join(folder, file)
  createKeyFile(at('store.key'))
  createKeyFile(at('fingerprint.key'))
  writeFileSync(at('lockstep.yml'), configText(server, secrets, timing))
  const workspace = openWorkspace(at('lockstep.yml'), clock)
  await makeLogins(server, workspace, secrets)
  const close = async () => {
    await workspace.close()
    await server.stop()
  }
  return { server, configFile: at('lockstep.yml'), workspace, close }
}

export const openWorkspace = (configFile: string, clock: Clock = systemClock): Workspace =>
  new Workspace(loadConfig(readFileSync(configFile, 'utf8'), { fileName: configFile }), clock)

/** The secret as the configuration wires it, with the run life of the demo. */
export async function quickSetup(workspace: Workspace, secret: string): Promise<RotationSetup> {
  const setup = await workspace.setup(secret)
  return { ...setup, policy: { ...setup.policy, runLife: quick.runLife, cutover: quick.runLife / 2 } }
}

export const storeCall = (clock: Clock = systemClock): Call => ({
  signal: new AbortController().signal,
  deadline: clock.now() + 10_000,
  run: {},
})

const configText = (
  { host, port }: Postgres,
  secrets: readonly PlaygroundSecret[],
  timing: Pick<Timing, 'grace' | 'refresh'>,
) =>
  `version: 1
deployment: demo
stores:
  local: { kind: local, file: store.db, key: { file: store.key } }
fingerprintKey: { file: fingerprint.key }
defaults:
  interval: never
  grace: ${timing.grace}ms
  replicaLag: 0s
  consumers:
    - { name: clients, kind: other, refresh: ${timing.refresh}ms, connectRetry: ${(timing.grace - timing.refresh) / 2}ms }
secrets:
${secrets.map(secret => secretText(secret, `{ host: ${host}, port: ${port}, database: postgres }`)).join('')}`

const secretText = ({ name, strategy }: PlaygroundSecret, endpoint: string) => `  ${name}:
    strategy: ${strategy}
    target:
      kind: postgres
      endpoints: [${endpoint}]
      tls: { mode: disable } # loopback only
      probes: [select 1]
${strategy === 'single-user' ? '' : `      ownerRole: ${name}\n      admin: { id: admin }\n    users: [${name}_a, ${name}_b]\n`}`

/** An admin who may no more than it must, the logins that it owns, and their first versions in the store. */
async function makeLogins(server: Postgres, workspace: Workspace, secrets: readonly PlaygroundSecret[]): Promise<void> {
  const store = await workspace.store('local', true)
  const put = async (id: string, username: string) => {
    const password = randomBytes(24).toString('hex')
    const { host, port } = server
    const value = { engine: 'postgres', host, port, username, password, dbname: 'postgres' }
    await store.put(id, SecretValue.of(JSON.stringify(value)), storeCall(workspace.clock))
    return `LOGIN PASSWORD '${password}'`
  }
  const admin = await put('admin', 'lockstep_admin')
  const statements = [
    `CREATE ROLE lockstep_admin CREATEROLE ${admin}; GRANT pg_read_all_stats, pg_signal_backend TO lockstep_admin`,
    'SET ROLE lockstep_admin',
  ]
  for (const { name, strategy } of secrets) {
    const [first, second] = strategy === 'single-user' ? [name] : [`${name}_a`, `${name}_b`]
    const password = await put(name, first!)
    if (second === undefined) statements.push(`CREATE ROLE "${first}" ${password}`)
    else
      statements.push(
        `CREATE ROLE "${name}"; CREATE ROLE "${first}" IN ROLE "${name}" ${password}; CREATE ROLE "${second}" IN ROLE "${name}" LOGIN`,
        `ALTER ROLE "${first}" SET role = "${name}"; ALTER ROLE "${second}" SET role = "${name}"`,
      )
  }
  await server.sql(statements.join('; '))
}
