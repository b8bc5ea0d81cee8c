/**
 * A local store and a `lockstep.yml` in a folder, wired for rotations that are seconds apart.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../core/config/load.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { Duration } from '../../core/ports/clock.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { defaultFields } from '../../core/secret/shape-json.ts'
import { Workspace } from '../compose.ts'
import type { Io } from '../io.ts'
import { loginsOf, makeLogins } from './logins.ts'
import type { DevServer } from './server.ts'

/** The secret's name. */
export const SECRET = 'app'
const ADMIN = 'admin'

export interface Playground {
  readonly folder: string
  readonly setup: RotationSetup
  close(): Promise<void>
}

/** On a busy machine a run takes longer than the round trips that it is made of. */
const LEAST_RUN_LIFE: Duration = 2_000
const MOST_RUN_LIFE: Duration = 60_000

/** `every`: between two rotations; a third of it is the grace, and about a third the longest life of a run. */
export async function openPlayground(
  server: DevServer,
  folder: string,
  every: Duration,
  io: Pick<Io, 'clock' | 'env' | 'stdout' | 'stderr'>,
): Promise<Playground> {
  const { createKeyFile } = await import('../../local/index.ts')
  const at = (file: string) => join(folder, file)
  const third = Math.floor(every / 3)
  createKeyFile(at('store.key'))
  createKeyFile(at('fingerprint.key'))
  const text = JSON.stringify(configOf(server, third), null, 2) // JSON is YAML
  writeFileSync(at('lockstep.yml'), text)
  const config = loadConfig(text, { fileName: at('lockstep.yml') })
  const workspace = new Workspace(config, io.clock, { streams: io, env: io.env })
  const store = await workspace.store('local', true)
  const call = { signal: new AbortController().signal, deadline: io.clock.now() + 10_000, run: {} }
  const { username, password } = server.admin
  const shape = valueShape({ format: 'json', fields: defaultFields })
  await store.put(ADMIN, shape.write(SecretValue.of('{"username":"","password":""}'), { username, password }), call)
  await store.put(SECRET, await makeLogins(server), call)
  const setup = await workspace.setup(SECRET)
  // What the configuration refuses: it is written for runs of minutes.
  const runLife = Math.min(Math.max(third, LEAST_RUN_LIFE), MOST_RUN_LIFE)
  return {
    folder,
    setup: { ...setup, policy: { ...setup.policy, runLife, cutover: runLife / 2 } },
    close: () => workspace.close(),
  }
}

function configOf(server: DevServer, grace: Duration): object {
  const { owner, users } = loginsOf(server)
  const { host, port, database } = server
  const [refresh, connectRetry] = [grace / 2, grace / 4].map(part => formatDuration(part))
  return {
    version: 1,
    deployment: 'dev',
    stores: { local: { kind: 'local', file: 'store.db', key: { file: 'store.key' } } },
    fingerprintKey: { file: 'fingerprint.key' },
    secrets: {
      [SECRET]: {
        strategy: 'alternating-users',
        users,
        interval: 'never',
        grace: formatDuration(grace),
        replicaLag: '0s',
        consumers: [{ name: 'example', kind: 'other', refresh, connectRetry }],
        target: {
          kind: 'postgres',
          endpoints: [{ host, port, database }],
          tls: { mode: 'disable' }, // loopback only
          ownerRole: owner,
          admin: { id: ADMIN },
          probes: ['select 1'],
        },
      },
    },
  }
}
