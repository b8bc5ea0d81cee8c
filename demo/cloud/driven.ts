/**
 * Secrets of a `lockstep.yml`, wired as the command line and the functions wire them, with the store's official client.
 * @module
 */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { AzureSecretStore } from '../../azure/index.ts'
import type { AuditEvent } from '../../core/audit/event.ts'
import { loadConfig } from '../../core/config/load.ts'
import type { Config, SecretConfig, StoreConfig } from '../../core/config/types.ts'
import { adminOpener, wire } from '../../core/fleet/wire.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { openTarget } from '../../core/targets/engines.ts'
import type { GcpSecretStore } from '../../gcp/index.ts'
import { Tokens } from '../../test/fakes/azure/common/tokens.ts'

/** As the fake of Azure knows Lockstep; the other one knows it as whoever has no token. */
export const LOCKSTEP = 'lockstep'

export interface Driven {
  readonly config: Config
  readonly events: readonly AuditEvent[]
  setup(secret: string, runLife: number): Promise<RotationSetup>
  close(): Promise<void>
}

export async function openDriven(configText: string, ca: string | undefined, clock: Clock): Promise<Driven> {
  const config = loadConfig(configText, { fileName: 'lockstep.yml' })
  const [kept] = config.stores.values()
  const store = await openStore(kept!, ca, clock)
  const events: AuditEvent[] = []
  const target = async (secret: SecretConfig) => {
    if (secret.target.kind === 'module') throw new Error('The demo has engines only.')
    const login = adminOpener(secret.target, { store: async () => store, tokens: {} }, clock)
    return openTarget({ deployment: config.deployment, secret, target: secret.target, admin: login }, clock)
  }
  const openers = {
    store: async () => store,
    target,
    audit: () => ({ write: async (event: AuditEvent) => void events.push(event) }),
  }
  return {
    config,
    events,
    setup: async (secret, runLife) => {
      const setup = await wire(config, secret, openers, clock)
      return { ...setup, policy: { ...setup.policy, runLife, cutover: runLife / 2 } }
    },
    close: async () => store.close(),
  }
}

/** The store of a configuration, at its fake. */
export async function openStore(
  store: StoreConfig,
  ca: string | undefined,
  clock: Clock,
): Promise<GcpSecretStore | AzureSecretStore> {
  if (store.kind === 'gcp') {
    process.env.METADATA_SERVER_DETECTION ??= 'none' // nobody is looked for on the network
    const { openGcpStore } = await import('../../gcp/index.ts')
    return openGcpStore({ ...store, clock })
  }
  if (store.kind !== 'azure') throw new Error(`No cloud: ${store.kind}.`)
  if (ca !== undefined) setDefaultCACertificates([...new Set([...getCACertificates('default'), ca])])
  const { openAzureStore } = await import('../../azure/index.ts')
  return openAzureStore({ ...store, clock, credential: new Tokens().credential(LOCKSTEP) })
}
