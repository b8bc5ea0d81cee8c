/**
 * What the tests of federation share: a workload on each cloud, the services that exchange tokens, and stores behind them. All are fakes of
 * ours, spoken to by the real SDKs over sockets; none was a cloud.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { cloudIdentities, type SignInPlaces } from '../../cli/identities.ts'
import { tokenFor } from '../../core/federation/token.ts'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import type { Cloud } from '../../core/ports/web-identity.ts'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { type FakeBlobStorage, startBlobStorage } from '../fakes/azure/blob-storage.ts'
import { certificate } from '../fakes/azure/common/certificate.ts'
import { type FakeKeyVault, startKeyVault } from '../fakes/azure/key-vault.ts'
import { type FakeSts, REGION, SESSION, startSts } from '../fakes/federation/aws-sts.ts'
import { APP_URI, type FakeEntra, startEntra } from '../fakes/federation/entra.ts'
import { type FakeGoogle, PROVIDER, startGoogle } from '../fakes/federation/google.ts'
import { SUBJECTS, type Trust, World } from '../fakes/federation/world.ts'

export interface Clouds {
  readonly world: World
  readonly aws: FakeSts
  readonly google: FakeGoogle
  readonly entra: FakeEntra
  readonly secretsManager: FakeSecretsManager
  readonly vault: FakeKeyVault
  readonly blobs: FakeBlobStorage
  readonly places: SignInPlaces
}

export const CONTAINER = 'lockstep'

/** What each cloud looks for in a token, where the documentation leaves it open: ours. */
export const audienceOf = (from: Cloud, to: Cloud): string =>
  from === 'azure'
    ? APP_URI
    : { aws: 'sts.amazonaws.com', gcp: `https:${PROVIDER}`, azure: 'api://AzureADTokenExchange' }[to]

export const directions = [
  { from: 'gcp', to: 'aws' },
  { from: 'azure', to: 'aws' },
  { from: 'aws', to: 'gcp' },
  { from: 'azure', to: 'gcp' },
  { from: 'aws', to: 'azure' },
  { from: 'gcp', to: 'azure' },
] as const

export const clock: Pick<Clock, 'now'> = systemClock

/** What the store of a configuration would ask with. */
export const token = ({ places }: Clouds, from: Cloud, to: Cloud, as?: string) =>
  tokenFor({ from, as, audience: audienceOf(from, to) }, to, cloudIdentities(clock, places), clock)

export const trustOf = ({ aws, google, entra }: Clouds, to: Cloud): Trust =>
  ({ aws, gcp: google, azure: entra })[to].trust

/** The trust that lets this direction in. */
export function set(clouds: Clouds, from: Cloud, to: Cloud): Trust {
  const trust = { issuer: clouds.world.issuers[from].url, audience: audienceOf(from, to), subject: SUBJECTS[from] }
  return Object.assign(trustOf(clouds, to), trust)
}

/** Within a test file: everything is up, and the surroundings are those of a workload on all three clouds at once. */
export function federation(): () => Clouds {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-federation-'))
  const trusted = getCACertificates('default')
  let clouds: Clouds
  beforeAll(async () => {
    const world = new World(() => Date.now())
    const vault = await startKeyVault()
    const blobs = await startBlobStorage({ containers: [CONTAINER], tokens: vault.tokens })
    setDefaultCACertificates([...trusted, certificate().ca])
    const [aws, google] = [await startSts(world), await startGoogle(world)]
    const entra = await startEntra(world, resource => vault.tokens.make('test', resource))
    const places = { aws: aws.url, google: { sts: google.sts.url, iam: google.iam.url }, entra: entra.login.url }
    clouds = {
      world,
      aws,
      google,
      entra,
      vault,
      blobs,
      secretsManager: await startSecretsManager({ region: REGION }),
      places,
    }
  })
  beforeEach(() => {
    for (const [name, value] of Object.entries(surroundings(clouds, folder))) vi.stubEnv(name, value)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.useRealTimers()
    const { world, aws, google, entra } = clouds
    world.ahead = 0
    Object.assign(aws, { enabled: true, audiences: [], session: 3600 })
    Object.assign(google, { impersonation: true, lifetime: 3600 })
    google.metadata.attached = true
    entra.identity.attached = true
    for (const each of [aws.asked, google.asked, entra.asked]) each.splice(0)
  })
  afterAll(async () => {
    setDefaultCACertificates(trusted)
    rmSync(folder, { recursive: true, force: true })
    const { aws, google, entra, secretsManager, vault, blobs } = clouds
    await Promise.all([aws, google, entra, secretsManager, vault, blobs].map(each => each.close()))
  })
  return () => clouds
}

const surroundings = ({ google, entra }: Clouds, folder: string): Record<string, string | undefined> => ({
  AWS_ACCESS_KEY_ID: SESSION.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SESSION.secretAccessKey,
  AWS_SESSION_TOKEN: SESSION.sessionToken,
  AWS_REGION: REGION,
  AWS_PROFILE: undefined,
  AWS_CONFIG_FILE: join(folder, 'none'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  GCE_METADATA_HOST: google.metadata.url.replace('http://', ''),
  METADATA_SERVER_DETECTION: 'assume-present',
  GOOGLE_APPLICATION_CREDENTIALS: undefined,
  CLOUDSDK_CONFIG: folder,
  HOME: folder,
  ...entra.identity.env,
})
