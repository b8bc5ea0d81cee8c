/**
 * Keyless sign-in in all six directions: a token of one cloud, exchanged at another, and with what it was exchanged for a request of that
 * cloud's real SDK. Every server is a fake of ours [fake]; no direction was run on a real cloud.
 */
import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAwsStore } from '../../aws/index.ts'
import { webIdentityCredentials } from '../../aws/sign-in.ts'
import { openAzureStore } from '../../azure/index.ts'
import { federatedCredential } from '../../azure/sign-in.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { Cloud } from '../../core/ports/web-identity.ts'
import { remember } from '../../gcp/federated.ts'
import { Requests } from '../../gcp/requests.ts'
import { federated } from '../../gcp/sign-in.ts'
import { REGION, ROLE } from '../fakes/federation/aws-sts.ts'
import { APP, TENANT } from '../fakes/federation/entra.ts'
import { PROVIDER, SERVICE_ACCOUNT } from '../fakes/federation/google.ts'
import { SUBJECTS } from '../fakes/federation/world.ts'
import { type FakeSecretManager, startSecretManager } from '../fakes/gcp/secret-manager.ts'
import { CONTAINER, directions, federation, set, token } from './support.ts'

const clouds = federation()
let secretManager: FakeSecretManager
beforeAll(async () => {
  secretManager = await startSecretManager()
})
afterAll(() => secretManager.close())

const call = () => ({ signal: new AbortController().signal, deadline: Date.now() + 30_000, run: {} })

/** Asks the store behind the sign-in for a secret; answers whom it saw ask. */
const asked: Record<Cloud, (from: Cloud) => Promise<string | undefined>> = {
  async aws(from) {
    const { places, secretsManager: fake } = clouds()
    const credentials = await webIdentityCredentials(
      { from, role: ROLE, token: token(clouds(), from, 'aws') },
      REGION,
      places.aws,
    )
    const store = await openAwsStore({ clock: systemClock, region: REGION, endpoint: fake.endpoint, credentials })
    expect(await store.describe('orders', call())).toBeUndefined()
    return fake.calls.list.at(-1)?.accessKeyId
  },
  async gcp(from) {
    const { places, google } = clouds()
    const order = { from, provider: PROVIDER, serviceAccount: undefined, token: token(clouds(), from, 'gcp') }
    const signIn = await federated(order, places.google)
    await readAt(secretManager, signIn)
    return google.holderOf(secretManager.calls.list.at(-1)?.token ?? '')
  },
  async azure(from) {
    const { places, vault, blobs } = clouds()
    const order = { from, tenant: TENANT, client: APP, token: token(clouds(), from, 'azure') }
    const credential = await federatedCredential(order, places.entra)
    const journal = { url: blobs.endpoint, container: CONTAINER }
    const store = await openAzureStore({
      clock: systemClock,
      vault: vault.vaultUrl,
      endpoint: vault.endpoint,
      journal,
      credential,
    })
    expect(await store.describe('orders', call())).toBeUndefined()
    return vault.calls.list.at(-1)?.identity
  },
}

/** The real client over REST, in clear: over gRPC it sends credentials through TLS only. */
async function readAt(fake: FakeSecretManager, signIn: Awaited<ReturnType<typeof federated>>) {
  const { authClient } = signIn
  const place = { apiEndpoint: fake.host, port: fake.port, protocol: 'http', fallback: true as const }
  const client = new SecretManagerServiceClient({ ...place, projectId: fake.projectId, authClient })
  remember(client, signIn)
  const requests = new Requests(client, systemClock, { project: fake.projectId })
  expect(await requests.secret('orders', call())).toBeUndefined()
  await requests.close()
}

describe.each(directions)('from $from to $to [fake]', ({ from, to }) => {
  it('the token of the workload is taken, and what it is exchanged for opens the store', async () => {
    set(clouds(), from, to)
    const who = await asked[to](from)
    expect(who).toMatch(
      { aws: /^ASIA\d/, gcp: new RegExp(`^principal:.*/subject/${SUBJECTS[from]}$`), azure: /^test$/ }[to],
    )
  })
})

describe.each(directions)('a refusal from $from to $to, met by a call to the store [fake]', ({ from, to }) => {
  it('is told as what it is, and nothing is asked there', async () => {
    set(clouds(), from, to).audience = 'api://somebody-else'
    const calls = { aws: clouds().secretsManager, gcp: secretManager, azure: clouds().vault }[to].calls.list
    const before = calls.length
    await expect(asked[to](from)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('the trust there names another audience'),
      next: expect.stringContaining('docs/federation.md'),
    })
    // Key Vault is asked without a token first: its answer says whom to sign in at.
    expect(calls.length - before).toBeLessThanOrEqual(to === 'azure' ? 1 : 0)
  })
})

describe('what is sent', () => {
  it('to STS of AWS: a role, the token, and no signature', async () => {
    set(clouds(), 'gcp', 'aws')
    await asked.aws('gcp')
    expect(Object.fromEntries(clouds().aws.asked.at(-1)!)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: ROLE,
      RoleSessionName: 'lockstep',
    })
  })

  it('of AWS: a token of five minutes that both other clouds can verify, for one audience', async () => {
    set(clouds(), 'aws', 'azure')
    await asked.azure('aws')
    expect(Object.fromEntries(clouds().aws.asked.at(-1)!)).toEqual({
      Action: 'GetWebIdentityToken',
      Version: '2011-06-15',
      'Audience.member.1': 'api://AzureADTokenExchange',
      DurationSeconds: '300',
      SigningAlgorithm: 'RS256',
    })
  })

  it('to Google: the provider as the audience, and a JWT', async () => {
    set(clouds(), 'aws', 'gcp')
    await asked.gcp('aws')
    expect(Object.fromEntries(new URLSearchParams(clouds().google.asked.at(-1)!.body))).toMatchObject({
      audience: PROVIDER,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })
})

it('at Google, a service account is impersonated where one is named [fake]', async () => {
  set(clouds(), 'azure', 'gcp')
  const { google, places } = clouds()
  const order = {
    from: 'azure',
    provider: PROVIDER,
    serviceAccount: SERVICE_ACCOUNT,
    token: token(clouds(), 'azure', 'gcp'),
  } as const
  await readAt(secretManager, await federated(order, places.google))
  expect(google.holderOf(secretManager.calls.list.at(-1)!.token)).toBe(SERVICE_ACCOUNT)
})

it('from Google, a service account may be acted as: its token comes from IAM Credentials [fake]', async () => {
  set(clouds(), 'gcp', 'azure')
  const { google, places } = clouds()
  const order = {
    from: 'gcp',
    tenant: TENANT,
    client: APP,
    token: token(clouds(), 'gcp', 'azure', SERVICE_ACCOUNT),
  } as const
  const found = await (await federatedCredential(order, places.entra)).getToken('https://vault.azure.net/.default')
  expect(found?.token).toBeTruthy()
  expect(google.asked.map(({ path }) => path)).toEqual([
    `/v1/projects/-/serviceAccounts/${SERVICE_ACCOUNT}:generateIdToken`,
  ])
})
