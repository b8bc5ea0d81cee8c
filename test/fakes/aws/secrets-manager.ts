// A fake of AWS Secrets Manager: the documented semantics, for the real SDK over HTTP or in this process. Where the
// documentation is silent, the comment beside the rule says what is assumed. It is not the service.

import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { CallLog } from './secrets-manager/calls.ts'
import { Faults } from './secrets-manager/faults.ts'
import { type Handle, handler } from './secrets-manager/handle.ts'
import { requestHandler } from './secrets-manager/in-process.ts'
import { Kms } from './secrets-manager/kms.ts'
import { Permissions } from './secrets-manager/permissions.ts'
import { Regions } from './secrets-manager/regions.ts'
import { Rotations } from './secrets-manager/rotations.ts'
import { type Listening, listen } from './secrets-manager/server.ts'
import { Service } from './secrets-manager/service.ts'
import type { World } from './secrets-manager/world.ts'

export type { Call } from './secrets-manager/calls.ts'
export { ConnectionLost, ServiceFault } from './secrets-manager/errors.ts'
export type { Fault, Staleness } from './secrets-manager/faults.ts'
export type { Handle, WireAnswer, WireRequest } from './secrets-manager/handle.ts'
export type { RotationStart, ServiceEvent } from './secrets-manager/rotations.ts'
export type { NewSecret, Peeked, PeekedVersion } from './secrets-manager/service.ts'

export interface SecretsManagerOptions {
  /** Default us-east-1. */
  readonly region?: string
  /** Default 123456789012. */
  readonly accountId?: string
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number
  /** From 0 up to, not including, 1; for ids and passwords. Default: Math.random. */
  readonly random?: () => number
  /** How latency passes. Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>
}

/** Everything but the network. */
export interface SecretsManagerCore {
  readonly region: string
  readonly accountId: string
  readonly service: Service
  readonly calls: CallLog
  readonly faults: Faults
  readonly permissions: Permissions
  /** One request without a socket. @throws ConnectionLost where a socket would close. */
  readonly handle: Handle
  /** The real SDK client without sockets; region: the fake's own unless the configuration names another. */
  inProcessClient(config?: SecretsManagerClientConfig): SecretsManagerClient
}

export interface FakeSecretsManager extends SecretsManagerCore {
  readonly endpoint: string
  /** A client of this region with the access key `test`. The caller destroys it; close() does not. */
  client(config?: SecretsManagerClientConfig): SecretsManagerClient
  /** The same service in another region, on its own port until close(). */
  openRegion(
    region: string,
  ): Promise<{ readonly endpoint: string; client(config?: SecretsManagerClientConfig): SecretsManagerClient }>
  close(): Promise<void>
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

export function createSecretsManager(options: SecretsManagerOptions = {}): SecretsManagerCore {
  const { region = 'us-east-1', accountId = '123456789012', now = Date.now, random = Math.random } = options
  const { sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)) } = options
  const permissions = new Permissions(accountId)
  const faults = new Faults()
  const calls = new CallLog()
  const parts: { -readonly [Key in keyof World]?: World[Key] } = { accountId, now, random, permissions, faults }
  const world = parts as World
  parts.kms = new Kms(permissions)
  parts.regions = new Regions(world)
  parts.rotations = new Rotations(world)
  const handle = handler({ world, region, calls, sleep })
  return {
    region,
    accountId,
    service: new Service(world, region),
    calls,
    faults,
    permissions,
    handle,
    inProcessClient: (config = {}) => {
      const there = typeof config.region === 'string' ? config.region : region
      const endpoint = 'http://secretsmanager.invalid'
      return new SecretsManagerClient({
        region,
        credentials,
        endpoint,
        requestHandler: requestHandler(handle, there),
        ...config,
      })
    },
  }
}

/** Starts the fake on 127.0.0.1 at a free port. */
export async function startSecretsManager(options: SecretsManagerOptions = {}): Promise<FakeSecretsManager> {
  const core = createSecretsManager(options)
  const servers = new Map<string, Promise<Listening>>()
  const open = (region: string): Promise<Listening> => {
    const server = servers.get(region) ?? listen(core.handle, region)
    servers.set(region, server)
    return server
  }
  const clientOf = (endpoint: string, region: string, config: SecretsManagerClientConfig = {}): SecretsManagerClient =>
    new SecretsManagerClient({ endpoint, region, credentials, ...config })
  const { endpoint } = await open(core.region)
  return {
    ...core,
    endpoint,
    client: config => clientOf(endpoint, core.region, config),
    openRegion: async region => {
      const server = await open(region)
      return { endpoint: server.endpoint, client: config => clientOf(server.endpoint, region, config) }
    },
    close: async () => {
      for (const server of servers.values()) await (await server).close()
    },
  }
}
