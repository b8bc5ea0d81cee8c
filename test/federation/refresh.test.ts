/**
 * A sign-in is repeated before it ends, and not before each request. The clock is moved by the test; every server is a fake of ours [fake].
 * Planted: credentials without their end, a token kept for the next exchange: both failed here.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../aws/client.ts'
import { webIdentityCredentials } from '../../aws/sign-in.ts'
import { federatedCredential } from '../../azure/sign-in.ts'
import { federated } from '../../gcp/sign-in.ts'
import { REGION, ROLE } from '../fakes/federation/aws-sts.ts'
import { APP, TENANT } from '../fakes/federation/entra.ts'
import { PROVIDER } from '../fakes/federation/google.ts'
import { federation, set, token } from './support.ts'

const clouds = federation()
const HOUR = 3_600_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

describe('the session of an hour', () => {
  it('at AWS: another after 56 minutes, with a new token', async () => {
    set(clouds(), 'gcp', 'aws')
    const order = { from: 'gcp', role: ROLE, token: token(clouds(), 'gcp', 'aws') } as const
    const credentials = await webIdentityCredentials(order, REGION, clouds().places.aws)
    const { config } = await createClient({ region: REGION, credentials })
    const keys = [await config.credentials(), await config.credentials()].map(each => each.accessKeyId)
    expect(new Set(keys).size).toBe(1)
    pass(50 * 60_000)
    expect((await config.credentials()).accessKeyId).toBe(keys[0])
    pass(6 * 60_000)
    expect((await config.credentials()).accessKeyId).not.toBe(keys[0])
    const tokens = clouds().aws.asked.map(form => form.get('WebIdentityToken'))
    expect(tokens.length).toBe(2)
    expect(new Set(tokens).size).toBe(2)
  })

  it('at Google Cloud: another after 56 minutes, with a new token', async () => {
    set(clouds(), 'aws', 'gcp')
    const order = {
      from: 'aws',
      provider: PROVIDER,
      serviceAccount: undefined,
      token: token(clouds(), 'aws', 'gcp'),
    } as const
    const { authClient, signIn } = await federated(order, clouds().places.google)
    const held = async () => (await authClient.getAccessToken()).token
    await signIn()
    const first = await held()
    pass(54 * 60_000)
    await signIn()
    expect(await held()).toBe(first)
    pass(2 * 60_000)
    await signIn()
    expect(await held()).not.toBe(first)
    const tokens = clouds().google.asked.map(({ body }) => new URLSearchParams(body).get('subject_token'))
    expect(new Set(tokens).size).toBe(2)
    expect(tokens.length).toBe(2)
  })

  it('at Azure: another when it has ended, with a new token', async () => {
    set(clouds(), 'gcp', 'azure')
    const order = { from: 'gcp', tenant: TENANT, client: APP, token: token(clouds(), 'gcp', 'azure') } as const
    const credential = await federatedCredential(order, clouds().places.entra)
    const held = () => credential.getToken('https://vault.azure.net/.default')
    await held()
    pass(50 * 60_000)
    await held()
    expect(clouds().entra.asked.length).toBe(1)
    pass(HOUR)
    await held()
    const tokens = clouds().entra.asked.map(form => form.get('client_assertion'))
    expect(tokens.length).toBe(2)
    expect(new Set(tokens).size).toBe(2)
  })
})
