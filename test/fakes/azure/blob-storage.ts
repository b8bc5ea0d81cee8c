// A fake of what a journal needs of Azure Blob storage: get, put under conditions, list by prefix, delete. For the official
// client, in this process or over HTTPS. It is not the service; the same checks are made of Azurite (test/stand).

import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob'
import type { Account } from './blob-storage/account.ts'
import { handler } from './blob-storage/handle.ts'
import { BlobService } from './blob-storage/service.ts'
import { CallLog } from './common/calls.ts'
import { certificate } from './common/certificate.ts'
import { Faults } from './common/faults.ts'
import { Permissions } from './common/permissions.ts'
import { inProcessStorage } from './common/pipeline.ts'
import { listen } from './common/server.ts'
import { type TokenCredential, Tokens } from './common/tokens.ts'
import type { Handle } from './common/wire.ts'

export type { PeekedBlob } from './blob-storage/service.ts'

export interface BlobStorageOptions {
  /** The account's name. Default journal. */
  readonly account?: string
  /** Containers that are there from the beginning. */
  readonly containers?: readonly string[]
  /** Those of a fake of Key Vault, when an identity's tokens shall end for both at once. */
  readonly tokens?: Tokens
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number
  /** From 0 up to, not including, 1. Default: Math.random. */
  readonly random?: () => number
  /** How latency passes. Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface BlobClientOptions extends StoragePipelineOptions {
  /** Who calls. Default `test`. */
  readonly identity?: string
  readonly credential?: TokenCredential
}

/** Everything but the network. */
export interface BlobStorageCore {
  readonly account: string
  readonly service: BlobService
  readonly calls: CallLog
  readonly faults: Faults
  readonly permissions: Permissions
  readonly tokens: Tokens
  /** One request without a socket. @throws ConnectionLost where a socket would close. */
  readonly handle: Handle
  /** `https://<account>.blob.core.windows.net`, for clients without sockets. */
  readonly url: string
  /** The transport of inProcessClient, for a client that somebody else makes. */
  readonly httpClient: NonNullable<StoragePipelineOptions['httpClient']>
  /** The official client without sockets. By default it tries once: its own back-off begins at four seconds. */
  inProcessClient(options?: BlobClientOptions): BlobServiceClient
}

export interface FakeBlobStorage extends BlobStorageCore {
  /** `https://127.0.0.1:<port>/<account>`; only who trusts `ca` can call it. */
  readonly endpoint: string
  /** The authority to trust, PEM text: for NODE_EXTRA_CA_CERTS of another process. The official client takes none. */
  readonly ca: string
  close(): Promise<void>
}

export function createBlobStorage(options: BlobStorageOptions = {}): BlobStorageCore {
  const { account: name = 'journal', containers = [], now = Date.now, random = Math.random } = options
  const { sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)) } = options
  const parts = { permissions: new Permissions(), tokens: options.tokens ?? new Tokens(), faults: new Faults() }
  const account: Account = { name, containers: new Map(), blocked: new Set(), ...parts, now, random, writes: 0 }
  const service = new BlobService(account)
  for (const container of containers) service.createContainer(container)
  const calls = new CallLog()
  const handle = handler({ account, calls, sleep })
  const url = `https://${name}.blob.core.windows.net`
  const httpClient = inProcessStorage(handle)
  return {
    account: name,
    service,
    calls,
    ...parts,
    handle,
    url,
    httpClient,
    inProcessClient: (given = {}) => {
      const { identity, credential = parts.tokens.credential(identity), ...config } = given
      return new BlobServiceClient(url, credential, { httpClient, retryOptions: { maxTries: 1 }, ...config })
    },
  }
}

/** Starts the fake on 127.0.0.1 at a free port. */
export async function startBlobStorage(options: BlobStorageOptions = {}): Promise<FakeBlobStorage> {
  const core = createBlobStorage(options)
  const { port, close } = await listen(core.handle, certificate())
  return { ...core, endpoint: `https://127.0.0.1:${port}/${core.account}`, ca: certificate().ca, close }
}
