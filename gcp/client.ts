/**
 * The client of Google, made in one place.
 * @module
 */
import module from 'node:module'
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { RotationError } from '../core/errors.ts'
import { storedKeyRefused } from '../core/federation/stored-key.ts'
import { googleSdk } from './auth-library.ts'
import { type Federated, remember } from './federated.ts'
import type { Parent } from './requests.ts'

export interface ClientOptions extends Parent {
  /** `host:port` of another server, without TLS where it is on this machine. Default: Google's, the location's own for regional secrets. */
  readonly endpoint?: string | undefined
  /** Instead of what the SDK finds. */
  readonly federated?: Federated | undefined
  /** The SDK's own finding, but a stored key of a service account: `refused`. */
  readonly keyless?: boolean | undefined
}

export async function createClient({
  project,
  location,
  endpoint,
  federated,
  keyless,
}: ClientOptions): Promise<SecretManagerServiceClient> {
  const { SecretManagerServiceClient } = await googleSdk('The Google Cloud store')
  const regional = location === undefined ? {} : { apiEndpoint: `secretmanager.${location}.rep.googleapis.com` }
  const client = new SecretManagerServiceClient({
    projectId: project,
    // A connection that is half open is given up, and not asked again and again.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    ...(federated && { authClient: federated.authClient }),
    ...regional,
    ...(endpoint !== undefined && (await elsewhere(endpoint))),
  })
  // Without this a missing sign-in ends the process by a rejection that nobody hears.
  await client.initialize().catch(() => {
    throw new RotationError('access-denied', 'Google Cloud has no credentials for this process.', {
      next: 'Sign in (`gcloud auth application-default login`), or give the process a service account.',
    })
  })
  if (keyless && keyOf(client.auth.jsonContent)) throw storedKeyRefused('gcp', 'the key file of a service account')
  if (federated) remember(client, federated)
  return client
}

/** A sign-in as a service account may begin with one. */
function keyOf(credentials: unknown): boolean {
  const { type, source_credentials: source } = Object(credentials) as { type?: unknown; source_credentials?: unknown }
  return type === 'service_account' || (source !== undefined && keyOf(source))
}

/** Only this machine is spoken to in clear, and nobody's credentials are sent there. */
async function elsewhere(endpoint: string) {
  const [host = '', port = '443'] = endpoint.split(':')
  if (host !== '127.0.0.1' && host !== 'localhost') return { apiEndpoint: host, port: Number(port) }
  // The client's own copy: a second one would make credentials that it does not know.
  const { grpc } = module.createRequire(import.meta.resolve('@google-cloud/secret-manager'))('google-gax')
  return { apiEndpoint: host, port: Number(port), sslCreds: grpc.credentials.createInsecure() }
}
