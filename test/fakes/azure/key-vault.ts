// A fake of Azure Key Vault secrets: the documented semantics, for the official client over HTTPS or in this process. Where
// the documentation is silent, the comment beside the rule says what is assumed. It is not the service.

import type { LookupFunction } from 'node:net'
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets'
import { CallLog } from './common/calls.ts'
import { certificate } from './common/certificate.ts'
import { Faults } from './common/faults.ts'
import { Permissions } from './common/permissions.ts'
import { inProcess } from './common/pipeline.ts'
import { listen } from './common/server.ts'
import { type TokenCredential, Tokens } from './common/tokens.ts'
import { ConnectionLost, type Handle } from './common/wire.ts'
import { Events } from './key-vault/events.ts'
import { handler } from './key-vault/handle.ts'
import { Service } from './key-vault/service.ts'
import type { Vault, VaultOptions } from './key-vault/vault.ts'
import type { World } from './key-vault/world.ts'

export type { Call } from './common/calls.ts'
export type { Fault, Staleness } from './common/faults.ts'
export { ConnectionLost, type Handle, type WireAnswer, type WireRequest } from './common/wire.ts'
export { type Casing, cloudEvent, eventGridEvent } from './key-vault/event-schemas.ts'
export type { EventType, ServiceEvent } from './key-vault/events.ts'
export type { Peeked, PeekedVersion, SecretSettings } from './key-vault/service.ts'
export type { VaultOptions } from './key-vault/vault.ts'

export interface KeyVaultOptions extends VaultOptions {
  /** The home vault's name. Default my-kv. Others: service.createVault. */
  readonly vault?: string
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number
  /** From 0 up to, not including, 1; for version ids. Default: Math.random. */
  readonly random?: () => number
  /** How latency passes. Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface ClientOptions extends SecretClientOptions {
  /** Default: the home vault. One that was not created is not found in the DNS. */
  readonly vault?: string
  /** Who calls. Default `test`. */
  readonly identity?: string
  readonly credential?: TokenCredential
}

/** Everything but the network. */
export interface KeyVaultCore {
  /** The home vault's name. */
  readonly vault: string
  readonly service: Service
  readonly calls: CallLog
  readonly faults: Faults
  readonly permissions: Permissions
  readonly tokens: Tokens
  /** One request without a socket. @throws ConnectionLost where a socket would close. */
  readonly handle: Handle
  /** `https://<vault>.vault.azure.net`, for clients without sockets. */
  readonly vaultUrl: string
  /** The transport of inProcessClient, for a client that somebody else makes. */
  readonly httpClient: NonNullable<SecretClientOptions['httpClient']>
  /** The official client without sockets, its challenge and retries included. */
  inProcessClient(options?: ClientOptions): SecretClient
}

export interface FakeKeyVault extends KeyVaultCore {
  /** `https://localhost:<port>`: the home vault, for a client that does not verify the challenge's resource. */
  readonly endpoint: string
  readonly port: number
  /** The authority to trust, PEM text. */
  readonly ca: string
  /** The official client over HTTPS at `https://<vault>.vault.azure.net:<port>`, all its verification left on. */
  client(options?: ClientOptions): SecretClient
  /** What `client` gives to the official client: trust in the authority, and the names of vaults resolved to 127.0.0.1. */
  readonly clientOptions: SecretClientOptions
  close(): Promise<void>
}

export function createKeyVault(options: KeyVaultOptions = {}): KeyVaultCore {
  const { vault: home = 'my-kv', now = Date.now, random = Math.random } = options
  const { sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)) } = options
  const parts = { permissions: new Permissions(), tokens: new Tokens(), faults: new Faults() }
  const world = { now, random, ...parts, vaults: new Map<string, Vault>() } as {
    -readonly [K in keyof World]: World[K]
  }
  world.events = new Events(world)
  const service = new Service(world, home)
  service.createVault(home, options)
  const calls = new CallLog()
  const handle = handler({ world, home, calls, sleep })
  const httpClient = inProcess(handle)
  return {
    vault: home,
    service,
    calls,
    ...parts,
    handle,
    vaultUrl: `https://${home}.vault.azure.net`,
    httpClient,
    inProcessClient: (given = {}) => {
      const { vault = home, identity, credential = parts.tokens.credential(identity), ...config } = given
      return new SecretClient(`https://${vault}.vault.azure.net`, credential, { httpClient, ...config })
    },
  }
}

/** Starts the fake on 127.0.0.1 at a free port. */
export async function startKeyVault(options: KeyVaultOptions = {}): Promise<FakeKeyVault> {
  const core = createKeyVault(options)
  const { ca } = certificate()
  const { port, close } = await listen(core.handle, certificate())
  const known = (vault: string) => core.service.hasVault(vault)
  const clientOptions: SecretClientOptions = {
    tlsOptions: { ca },
    additionalPolicies: [{ position: 'perRetry', policy: resolveVaults(known) }],
  }
  return {
    ...core,
    endpoint: `https://localhost:${port}`,
    port,
    ca,
    clientOptions,
    client: (given = {}) => {
      const { vault = core.vault, identity, credential = core.tokens.credential(identity), ...config } = given
      const url = `https://${vault}.vault.azure.net:${port}`
      return new SecretClient(url, credential, { ...clientOptions, ...config })
    },
    close,
  }
}

type Policy = NonNullable<SecretClientOptions['additionalPolicies']>[number]['policy']

/** DNS for the client: a vault that was created is at 127.0.0.1, another has no address. */
function resolveVaults(known: (vault: string) => boolean): Policy {
  const lookup: LookupFunction = (hostname, { all }, answer) => {
    if (!known(hostname.replace(/\.vault\.azure\.net$/, ''))) answer(new ConnectionLost('ENOTFOUND'), '', 4)
    else if (all) answer(null, [{ address: '127.0.0.1', family: 4 }])
    else answer(null, '127.0.0.1', 4)
  }
  return {
    name: 'resolveVaults',
    sendRequest: (request, next) => {
      request.requestOverrides = { ...request.requestOverrides, lookup }
      return next(request)
    },
  }
}
