// Requests of a simulated process: the two real SDKs, without sockets; each request goes through the hub. One client of each for
// all processes, which the asynchronous context tells apart: a client of its own costs more than a run.

import { AsyncLocalStorage } from 'node:async_hooks'
import { SecretClient } from '@azure/keyvault-secrets'
import { BlobServiceClient } from '@azure/storage-blob'
import { operationOf } from '../../fakes/azure/blob-storage/operations.ts'
import type { BlobStorageCore } from '../../fakes/azure/blob-storage.ts'
import { inProcess, inProcessStorage } from '../../fakes/azure/common/pipeline.ts'
import { Tokens } from '../../fakes/azure/common/tokens.ts'
import { ConnectionLost, type Handle, type WireAnswer, type WireRequest } from '../../fakes/azure/common/wire.ts'
import { route } from '../../fakes/azure/key-vault/operations/index.ts'
import type { KeyVaultCore } from '../../fakes/azure/key-vault.ts'
import type { Ask } from '../common/ask.ts'
import type { Request, Sight } from './sight.ts'

export interface WireOptions {
  readonly vault: KeyVaultCore
  readonly blobs: BlobStorageCore
  readonly ask: Ask
  /** Reads that may be old show the state of that long ago. */
  readonly lag?: number
  readonly sight?: Sight
}

export const CONTAINER = 'lockstep'
export const VAULT = 'https://my-kv.vault.azure.net'
const ACCOUNT = 'https://journal.blob.core.windows.net'
/** A read of one version is never old: no version changes its value. Blob storage is consistent at once. */
const READS = ['GetSecret', 'GetSecretVersions', 'GetSecrets', 'GetDeletedSecret', 'GetBlob', 'ListBlobs']

const processes = new AsyncLocalStorage<WireOptions>()

const toVault: Handle = sent => {
  const options = processes.getStore()!
  const url = new URL(sent.url)
  const found = route(sent.method, url.pathname)
  const { op = 'unknown', name = '', version } = found ?? {}
  // The SDK asks once, without a token, who gives them: no process is told apart by that.
  if (sent.headers.authorization === undefined) return options.vault.handle(sent)
  const old = op === 'GetSecretVersions' || (op === 'GetSecret' && version === undefined)
  return send(options, { op, name, version, body: sent.body }, options.vault, sent, old)
}

const toBlobs: Handle = sent => {
  const options = processes.getStore()!
  const url = new URL(sent.url)
  const name = url.pathname.split('/').slice(2).join('/')
  const op = operationOf(sent.method, url.searchParams, name) ?? 'unknown'
  return send(options, { op, name, version: undefined, body: '' }, options.blobs, sent, false)
}

interface Service {
  readonly handle: Handle
  readonly faults: KeyVaultCore['faults']
}

async function send(
  { ask, lag = 0, sight }: WireOptions,
  request: Request,
  service: Service,
  sent: WireRequest,
  old: boolean,
): Promise<WireAnswer> {
  const landing = sight?.sends(request)
  const { op, name, version } = request
  const seen = (age: number) => async () => {
    landing?.()
    if (age > 0) service.faults.stale({ ms: age }, [op])
    const answer = service.handle(sent)
    service.faults.clear()
    return answer
  }
  const about = name.endsWith('-lockstep-pending') ? '(sibling)' : version === undefined ? '' : '(version)'
  try {
    const answer = await ask({
      name: `azure.${op}${about}`,
      effect: seen(old ? lag : 0),
      changes: !READS.includes(op),
      ...(old && { old: (age: number) => seen(Math.max(lag, age))() }),
    })
    if (answer.status < 300) sight?.answered(request, answer.body)
    return answer
  } catch (error) {
    throw Object(error).code === 'ECONNRESET' ? new ConnectionLost() : error
  }
}

const credential = new Tokens().credential()
const secrets = new SecretClient(VAULT, credential, {
  httpClient: inProcess(toVault),
  retryOptions: { maxRetries: 0 },
})
const container = new BlobServiceClient(ACCOUNT, credential, {
  httpClient: inProcessStorage(toBlobs),
  retryOptions: { maxTries: 1 },
}).getContainerClient(CONTAINER)

export interface Clients {
  readonly secrets: SecretClient
  readonly container: typeof container
}

/** The clients as one process has them: whatever they send is that process's. */
export const clientsOf = (options: WireOptions): Clients => ({
  secrets: within(secrets, options),
  container: within(container, options),
})

/** Methods run as that process; what they answer that has methods itself, a blob's client or a listing, too. */
function within<T extends object>(client: T, options: WireOptions): T {
  return new Proxy(client, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const answer = processes.run(options, () => member.apply(inner, args) as unknown)
        const more = typeof answer === 'object' && answer !== null && !(answer instanceof Promise)
        return more ? within(answer, options) : answer
      }
    },
  })
}
