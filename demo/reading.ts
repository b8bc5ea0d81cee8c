/**
 * Where an application reads its secret: Lockstep's local store, or a cloud's by its SDK, as any application does.
 * @module
 */
import type { CloudSource } from './cloud/reader.ts'
import { openWorkspace, storeCall } from './playground.ts'

/** What can be told to another process. */
export type Source =
  | { readonly configFile: string }
  | { readonly endpoint: string; readonly region: string }
  | CloudSource

export interface Reading {
  /** What is current. */
  readonly read: () => Promise<StoredLogin>
  readonly close: () => Promise<void>
}

export interface StoredLogin {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly dbname: string
}

/** As the fake's call log knows the clients, and nobody else. */
export const APPLICATION_KEY = 'application'

export async function openReading(source: Source, secret: string): Promise<Reading> {
  if ('configFile' in source) return fromWorkspace(source.configFile, secret)
  if ('region' in source) return fromSecretsManager(source, secret)
  const { openCloudReading } = await import('./cloud/reader.ts')
  return openCloudReading(source, secret)
}

async function fromWorkspace(configFile: string, secret: string): Promise<Reading> {
  const workspace = openWorkspace(configFile)
  const store = await workspace.store(workspace.secret(secret).store)
  const read = async () => {
    const current = await store.get(workspace.secret(secret).id, storeCall())
    if (!current || current.value === 'disabled') throw new Error('no secret')
    return JSON.parse(current.value.reveal()) as StoredLogin
  }
  return { read, close: () => workspace.close() }
}

async function fromSecretsManager(where: { endpoint: string; region: string }, secret: string): Promise<Reading> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const credentials = { accessKeyId: APPLICATION_KEY, secretAccessKey: 'of the demo' }
  const client = new SecretsManagerClient({ ...where, credentials })
  const read = async () => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }))
    return JSON.parse(SecretString!) as StoredLogin
  }
  return { read, close: async () => client.destroy() }
}
