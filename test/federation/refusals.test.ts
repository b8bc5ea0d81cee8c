/**
 * What a sign-in says that is refused: which leg, and what of the trust to look at. Every fake quotes the token in its answer [fake]; no
 * token, and nothing that it was exchanged for, is in any error. Planted: the service's own text in the message, the legs mixed up, a
 * stored key taken for an identity: each failed here.
 */

import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { webIdentityCredentials } from '../../aws/sign-in.ts'
import { federatedCredential } from '../../azure/sign-in.ts'
import { RotationError } from '../../core/errors.ts'
import { tokenFor } from '../../core/federation/token.ts'
import type { Cloud } from '../../core/ports/web-identity.ts'
import { federated } from '../../gcp/sign-in.ts'
import { REGION, ROLE } from '../fakes/federation/aws-sts.ts'
import { APP, TENANT } from '../fakes/federation/entra.ts'
import { PROVIDER, SERVICE_ACCOUNT } from '../fakes/federation/google.ts'
import { audienceOf, clock, directions, federation, set, token, trustOf } from './support.ts'

const clouds = federation()
const names = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' }

type Given = {
  readonly role?: string
  readonly provider?: string
  readonly serviceAccount?: string
  readonly client?: string
}

/** Signs in, and nothing more. */
const signIn: Record<Cloud, (from: Cloud, given?: Given) => Promise<unknown>> = {
  async aws(from, { role = ROLE } = {}) {
    const order = { from, role, token: token(clouds(), from, 'aws') }
    return (await webIdentityCredentials(order, REGION, clouds().places.aws))()
  },
  async gcp(from, { provider = PROVIDER, serviceAccount } = {}) {
    const order = { from, provider, serviceAccount, token: token(clouds(), from, 'gcp') }
    return (await federated(order, clouds().places.google)).signIn()
  },
  async azure(from, { client = APP } = {}) {
    const order = { from, tenant: TENANT, client, token: token(clouds(), from, 'azure') }
    return (await federatedCredential(order, clouds().places.entra)).getToken('https://vault.azure.net/.default')
  },
}

const seen: string[] = []
afterEach(() => {
  expect(clouds().world.tokens.filter(each => seen.some(text => text.includes(each)))).toEqual([])
})

async function refused(attempt: Promise<unknown>): Promise<RotationError> {
  const error = await attempt.then(
    () => new Error('It was taken.'),
    (thrown: unknown) => thrown,
  )
  seen.push(inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String((error as Error).stack))
  expect(error).toBeInstanceOf(RotationError)
  return error as RotationError
}

describe.each(directions)('from $from to $to [fake]', ({ from, to }) => {
  const page = `docs/federation.md, "From ${names[from]} to ${names[to]}"`
  const says = async (attempt: Promise<unknown>, why: string) => {
    const error = await refused(attempt)
    expect(error.message).toBe(`Sign-in from ${names[from]}: ${names[to]} refused the token: ${why}.`)
    expect(error).toMatchObject({
      code: 'access-denied',
      next: expect.stringContaining(page),
      foreign: expect.stringMatching(/\w/),
    })
  }

  it('a trust of another issuer', async () => {
    set(clouds(), from, to).issuer = 'https://token.actions.example'
    await says(signIn[to](from), 'no trust there names its issuer')
  })

  it('a trust of another audience', async () => {
    set(clouds(), from, to).audience = 'api://somebody-else'
    await says(signIn[to](from), 'the trust there names another audience')
  })

  it('a trust of another subject', async () => {
    set(clouds(), from, to).subject = 'somebody-else'
    // AWS answers alike whatever the policy of the role did not allow.
    const any = 'issuer, audience or subject is not the one that the trust there names'
    await says(signIn[to](from), to === 'aws' ? any : 'the trust there names another subject')
  })

  it('a token that is over when it arrives', async () => {
    set(clouds(), from, to)
    clouds().world.ahead = 2 * 86_400
    await says(signIn[to](from), 'it has expired, or the clocks differ')
  })

  it('no role, provider or application of that name', async () => {
    set(clouds(), from, to)
    const given = { role: `${ROLE}s`, provider: `${PROVIDER}s`, client: TENANT }
    const any = 'issuer, audience or subject is not the one that the trust there names'
    await says(
      signIn[to](from, given),
      to === 'aws' ? any : 'what is to be signed in to does not exist there, or is disabled',
    )
  })

  it('a service that exchanges tokens and does not answer', async () => {
    set(clouds(), from, to)
    const gone = 'https://127.0.0.1:9'
    const order = { from, token: token(clouds(), from, to) }
    const attempt = {
      aws: async () => (await webIdentityCredentials({ ...order, role: ROLE }, REGION, gone))(),
      gcp: async () =>
        (
          await federated({ ...order, provider: PROVIDER, serviceAccount: undefined }, { sts: gone, iam: gone })
        ).signIn(),
      azure: async () =>
        (await federatedCredential({ ...order, tenant: TENANT, client: APP }, gone)).getToken('https://x/.default'),
    }[to]
    const error = await refused(attempt())
    expect(error.code).toBe('store-unavailable')
    expect(error.message).toBe(`Sign-in from ${names[from]}: the token service of ${names[to]} did not answer.`)
  })
})

it('a principal of the pool that may not act as the service account [fake]', async () => {
  set(clouds(), 'aws', 'gcp')
  clouds().google.impersonation = false
  const error = await refused(signIn.gcp('aws', { serviceAccount: SERVICE_ACCOUNT }))
  expect(error).toMatchObject({ code: 'access-denied', at: SERVICE_ACCOUNT, foreign: 'HTTP403' })
  expect(error.message).toContain('its principal may not act as the service account')
  expect(error.next).toContain('roles/iam.workloadIdentityUser')
})

describe('no token, the first leg [fake]', () => {
  const told = async (attempt: Promise<unknown>, message: string | RegExp, next: string) => {
    const error = await refused(attempt)
    expect(error.message).toMatch(message)
    expect(error.next).toContain(next)
    return error
  }

  it('AWS: the account has not enabled it', async () => {
    set(clouds(), 'aws', 'azure')
    clouds().aws.enabled = false
    const error = await told(
      signIn.azure('aws'),
      /^Sign-in to Azure: AWS gave no token: STS refused/,
      'enable-outbound',
    )
    expect(error.foreign).toBe('OutboundWebIdentityFederationDisabledException')
    expect(error.next).toContain('"From AWS to Azure"')
    expect(clouds().entra.asked).toEqual([])
  })

  it('AWS: the role may not, for this audience', async () => {
    set(clouds(), 'aws', 'gcp')
    clouds().aws.audiences = ['api://AzureADTokenExchange']
    const next = 'Allow sts:GetWebIdentityToken for this audience'
    expect((await told(signIn.gcp('aws'), /^Sign-in to Google Cloud: AWS gave no token/, next)).foreign).toBe(
      'AccessDenied',
    )
  })

  it('AWS: an access key of an IAM user is no identity of a workload', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', undefined)
    await told(signIn.azure('aws'), /are a stored access key\.$/, 'a role that may sts:GetWebIdentityToken')
    expect(clouds().aws.asked).toEqual([])
  })

  it('Google Cloud: no service account is attached', async () => {
    clouds().google.metadata.attached = false
    await told(
      signIn.aws('gcp'),
      /^Sign-in to AWS: Google Cloud gave no token: the metadata server refused it\.$/,
      'service account attached',
    )
  })

  it('Google Cloud: the service account may not be acted as', async () => {
    clouds().google.impersonation = false
    const order = { from: 'gcp', role: ROLE, token: token(clouds(), 'gcp', 'aws', SERVICE_ACCOUNT) } as const
    const attempt = webIdentityCredentials(order, REGION, clouds().places.aws).then(credentials => credentials())
    await told(attempt, /IAM Credentials refused generateIdToken for rotator@/, 'serviceAccountOpenIdTokenCreator')
  })

  it.each([
    ['a key file of a service account', 'service_account', /a stored key of a service account\.$/],
    ['the sign-in of a person', 'authorized_user', /whoever is signed in is not a service account\.$/],
  ])('Google Cloud: %s is no identity of a workload', async (_, type, message) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = { private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), client_email: SERVICE_ACCOUNT }
    const person = { client_id: 'x', client_secret: 'x', refresh_token: 'x' }
    const file = `${process.env.CLOUDSDK_CONFIG}/${type}.json`
    writeFileSync(file, JSON.stringify({ type, ...key, ...person }))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file)
    await told(signIn.azure('gcp'), message, 'as:')
  })

  it('Azure: no managed identity', async () => {
    clouds().entra.identity.attached = false
    // Of another identity: the library keeps what it was once given for the whole process.
    const order = { from: 'azure', provider: PROVIDER, serviceAccount: undefined } as const
    const mine = token(clouds(), 'azure', 'gcp', '44444444-4444-4444-8444-444444444444')
    const attempt = federated({ ...order, token: mine }, clouds().places.google).then(each => each.signIn())
    await told(attempt, /^Sign-in to Google Cloud: Azure gave no token/, 'a managed identity')
  })

  it('Azure: an audience that no application of the tenant has', async () => {
    const order = { from: 'azure', as: undefined, audience: 'sts.amazonaws.com' } as const
    const { cloudIdentities } = await import('../../cli/identities.ts')
    const attempt = tokenFor(order, 'aws', cloudIdentities(clock), clock)()
    expect((await told(attempt, /was refused one for this audience\.$/, 'Application ID URI')).foreign).toBe(
      'AADSTS500011',
    )
  })

  it('a program that has no source of that cloud', () => {
    const order = { from: 'gcp', as: undefined, audience: audienceOf('gcp', 'aws') } as const
    expect(() => tokenFor(order, 'aws', {}, clock)).toThrow(expect.objectContaining({ code: 'config-invalid' }))
  })

  it('a source that hangs is given up', async () => {
    const late = (_: string, { deadline }: { readonly deadline: number }) => {
      expect(deadline).toBeLessThanOrEqual(Date.now() + 15_000)
      return Promise.reject(new RotationError('no-time', 'Late.'))
    }
    const never = { gcp: async () => late }
    const order = { from: 'gcp', as: undefined, audience: 'x' } as const
    const error = await refused(tokenFor(order, 'aws', never, clock)())
    expect(error).toMatchObject({ code: 'no-time', message: 'Sign-in to AWS: Late.' })
  })
})

it('the trust of each cloud is set by its own test', () => {
  for (const { to } of directions) expect(trustOf(clouds(), to).issuer).not.toBe('')
})
