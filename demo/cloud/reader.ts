/**
 * An application of a cloud: reads its secret as the cloud's documentation shows it, by the official client.
 * @module
 */
import { Tokens } from '../../test/fakes/azure/common/tokens.ts'
import type { Reading, StoredLogin } from '../reading.ts'

/** As the fakes' call logs know the clients, and nobody else. */
export const APPLICATION = 'application'

export interface GcpSource {
  readonly cloud: 'gcp'
  readonly project: string
  readonly host: string
  readonly port: number
  /** `latest`, or an alias. */
  readonly version: string
}

export interface AzureSource {
  readonly cloud: 'azure'
  readonly endpoint: string
  readonly ca: string
  /** Of a reference that all clients share, in milliseconds. */
  readonly lag: number
}

export type CloudSource = GcpSource | AzureSource

export const openCloudReading = (source: CloudSource, secret: string): Promise<Reading> =>
  source.cloud === 'gcp' ? fromSecretManager(source, secret) : fromKeyVault(source, secret)

/** Over REST. */
async function fromSecretManager({ project, host, port, version }: GcpSource, secret: string): Promise<Reading> {
  const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager')
  const { GoogleAuth, googleAuthLibrary } = await import('google-gax')
  const authClient = new googleAuthLibrary.OAuth2Client()
  authClient.setCredentials({ access_token: APPLICATION })
  const client = new SecretManagerServiceClient({
    ...{ fallback: true, protocol: 'http', apiEndpoint: host, port },
    auth: new GoogleAuth({ authClient, projectId: project }),
  } as ConstructorParameters<typeof SecretManagerServiceClient>[0])
  const name = `projects/${project}/secrets/${secret}/versions/${version}`
  const read = async () => {
    const [{ payload }] = await client.accessSecretVersion({ name })
    return JSON.parse(Buffer.from(payload!.data as Uint8Array).toString()) as StoredLogin
  }
  return { read, close: () => client.close() }
}

/** The newest version, whatever its name. */
async function fromKeyVault({ endpoint, ca, lag }: AzureSource, secret: string): Promise<Reading> {
  const { SecretClient } = await import('@azure/keyvault-secrets')
  const client = new SecretClient(endpoint, new Tokens().credential(APPLICATION), {
    tlsOptions: { ca },
    disableChallengeResourceVerification: true, // it is not called as a vault is
  })
  const get = async () => JSON.parse((await client.getSecret(secret)).value!) as StoredLogin
  let reference: { readonly at: number; readonly login: Promise<StoredLogin> } | undefined
  const read = () => {
    if (!reference || performance.now() - reference.at >= lag) reference = { at: performance.now(), login: get() }
    return reference.login
  }
  return { read, close: async () => {} }
}
