/**
 * The two clients of Azure, made in one place: of the vault, and of the container for the journals.
 * @module
 */
import type { SecretClient } from '@azure/keyvault-secrets'
import type { ContainerClient } from '@azure/storage-blob'
import { RotationError } from '../core/errors.ts'

/** Whoever signs in: an object of `@azure/identity`, or one like it. */
export type Credential = ConstructorParameters<typeof SecretClient>[1]

export interface JournalPlace {
  /** Of the storage account: `https://acct.blob.core.windows.net`. */
  readonly url: string
  readonly container: string
  /** Before the name of each blob. */
  readonly prefix?: string | undefined
}

export interface ClientOptions {
  /** `https://my-kv.vault.azure.net`. */
  readonly vault: string
  readonly journal: JournalPlace
  /** Another server in the vault's place, on this machine: its challenge is not verified. */
  readonly endpoint?: string | undefined
  /** Default: what `DefaultAzureCredential` finds. */
  readonly credential?: Credential | undefined
}

export interface Clients {
  readonly secrets: SecretClient
  readonly container: ContainerClient
}

/** Nothing is asked yet. Neither client repeats a request by itself: a publication would be made twice. */
export async function createClients({ vault, journal, endpoint, credential }: ClientOptions): Promise<Clients> {
  const address = addressOf(vault, 'vault')
  addressOf(journal.url, 'journal.url')
  const { SecretClient } = await secretsSdk()
  const signIn = credential ?? (await defaultCredential())
  const retryOptions = { maxRetries: 0 }
  const secrets =
    endpoint === undefined
      ? new SecretClient(address, signIn, { retryOptions })
      : new SecretClient(onThisMachine(endpoint), signIn, { retryOptions, disableChallengeResourceVerification: true })
  return { secrets, container: await createContainer(journal, signIn) }
}

/** Of a storage account alone. `key`: of the configuration. */
export async function createContainer(
  { url, container }: JournalPlace,
  credential?: Credential,
  key = 'journal.url',
): Promise<ContainerClient> {
  const account = addressOf(url, key)
  const { BlobServiceClient } = await blobSdk()
  const signIn = credential ?? (await defaultCredential())
  return new BlobServiceClient(account, signIn, { retryOptions: { maxTries: 1 } }).getContainerClient(container)
}

function addressOf(text: string, key: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === ''
  if (plain && (key !== 'vault' || url.pathname === '/')) return url.href.replace(/\/$/, '')
  throw new RotationError(
    'config-invalid',
    `\`${key}\` is not an address that begins with https:// and names a server only.`,
  )
}

/** Nobody's credentials are sent to a server that does not have to prove what it is, unless it is here. */
function onThisMachine(endpoint: string): string {
  const address = addressOf(endpoint, 'endpoint')
  if (['localhost', '127.0.0.1'].includes(new URL(address).hostname)) return address
  throw new RotationError('config-invalid', '`endpoint` is for a server on this machine; name a vault by `vault`.')
}

async function secretsSdk(): Promise<typeof import('@azure/keyvault-secrets')> {
  try {
    return await import('@azure/keyvault-secrets')
  } catch {
    throw missing('@azure/keyvault-secrets')
  }
}

async function blobSdk(): Promise<typeof import('@azure/storage-blob')> {
  try {
    return await import('@azure/storage-blob')
  } catch {
    throw missing('@azure/storage-blob')
  }
}

async function defaultCredential(): Promise<Credential> {
  try {
    const { DefaultAzureCredential } = await import('@azure/identity')
    return new DefaultAzureCredential()
  } catch {
    throw missing('@azure/identity')
  }
}

const missing = (name: string): RotationError =>
  new RotationError('driver-missing', `The Azure store needs the package \`${name}\`.`, {
    next: `Run \`npm install ${name}\`.`,
  })
