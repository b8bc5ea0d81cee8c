// Fakes of Google Cloud: the metadata server, the Security Token Service and the IAM Credentials API, as their documentation has them.
// They are not the services.
// https://cloud.google.com/compute/docs/instances/verifying-instance-identity
// https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
import { type Answer, type Asked, json, type Listening, listen } from './listen.ts'
import type { Trust, Verdict, World } from './world.ts'

export const PROVIDER =
  '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/clouds/providers/other'
export const SERVICE_ACCOUNT = 'rotator@my-project.iam.gserviceaccount.com'

export interface FakeGoogle {
  readonly metadata: Listening & { attached: boolean }
  readonly sts: Listening
  readonly iam: Listening
  /** Of the provider; subject: its attribute condition. */
  trust: Trust
  /** Seconds: of an exchanged token. */
  lifetime: number
  /** roles/iam.workloadIdentityUser, and roles/iam.serviceAccountOpenIdTokenCreator. */
  impersonation: boolean
  readonly asked: { readonly path: string; readonly body: string }[]
  /** Who holds this access token: a principal of the pool, or a service account. */
  holderOf(token: string): string | undefined
  close(): Promise<void>
}

const FLAVOR = { 'metadata-flavor': 'Google' }

export async function startGoogle(world: World): Promise<FakeGoogle> {
  const holders = new Map<string, { readonly who: string; readonly until: number }>()
  const asked: { path: string; body: string }[] = []
  const state = { trust: { issuer: '', audience: '', subject: '' }, lifetime: 3600, impersonation: true, asked }
  const access = (who: string, lifetime: number): string => {
    const token = world.keep(`ya29.access-token-${holders.size}-of-google`)
    holders.set(token, { who, until: world.now() + lifetime * 1000 })
    return token
  }
  const holderOf = (token: string): string | undefined => {
    const held = holders.get(token)
    return held && held.until > world.now() ? held.who : undefined
  }

  const attached = { attached: true }
  const metadata = await listen(({ url, headers }) => {
    if (headers['metadata-flavor'] !== 'Google')
      return { status: 403, headers: FLAVOR, body: 'Missing Metadata-Flavor:Google header.' }
    if (!attached.attached && url.pathname.includes('/service-accounts/'))
      return { status: 404, headers: FLAVOR, body: 'not found' }
    const audience = url.searchParams.get('audience')
    if (url.pathname.endsWith('/service-accounts/default/identity'))
      return audience
        ? { type: 'text/html', headers: FLAVOR, body: world.token('gcp', audience, 3600) }
        : { status: 400, headers: FLAVOR, body: 'non-empty audience parameter required' }
    if (url.pathname.endsWith('/service-accounts/default/token'))
      return json({ access_token: access(SERVICE_ACCOUNT, 3600), expires_in: 3600, token_type: 'Bearer' }, 200, FLAVOR)
    return { headers: FLAVOR, body: 'ok' }
  })

  const sts = await listen(({ url, body }) => {
    asked.push({ path: url.pathname, body })
    const form = new URLSearchParams(body)
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange')
      return oauth('unsupported_grant_type', 'Unsupported grant type')
    if (form.get('audience') !== PROVIDER)
      return oauth('invalid_target', 'The target service indicated by the "audience" parameters is invalid.')
    const token = form.get('subject_token') ?? ''
    const verdict = world.judge(token, state.trust)
    if (typeof verdict === 'string') return refusals[verdict](token)
    const pool = PROVIDER.replace(/\/providers\/.*/, '')
    return json({
      access_token: access(`principal:${pool}/subject/${verdict.sub}`, state.lifetime),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: state.lifetime,
    })
  })

  const iam = await listen(({ url, headers, body }: Asked): Answer => {
    asked.push({ path: url.pathname, body })
    const [, account, verb] = /^\/v1\/projects\/-\/serviceAccounts\/([^:]+):(\w+)$/.exec(url.pathname) ?? []
    const holder = holderOf((headers.authorization ?? '').replace('Bearer ', ''))
    if (holder === undefined) return problem(401, 'UNAUTHENTICATED', headers.authorization)
    if (account !== SERVICE_ACCOUNT || !state.impersonation)
      return problem(403, 'PERMISSION_DENIED', headers.authorization)
    const { audience, lifetime = '3600s' } = JSON.parse(body) as { audience?: string; lifetime?: string }
    if (verb === 'generateIdToken') return json({ token: world.token('gcp', audience!, 3600) })
    const seconds = Math.min(Number.parseInt(lifetime, 10), state.lifetime)
    const expireTime = new Date(world.now() + seconds * 1000).toISOString()
    return json({ accessToken: access(account, seconds), expireTime })
  })
  return Object.assign(state, {
    metadata: Object.assign(attached, metadata),
    sts: { ...sts, url: `${sts.url}/v1/token` },
    iam,
    holderOf,
    close: async () => void (await Promise.all([metadata, sts, iam].map(each => each.close()))),
  })
}

const oauth = (error: string, error_description: string): Answer => json({ error, error_description }, 400)
const problem = (code: number, status: string, quoted = ''): Answer =>
  json({ error: { code, status, message: `Refused: ${quoted}` } }, code)

/** As they are answered: of a description nothing may be shown, so each quotes the token. */
const refusals: Record<Extract<Verdict, string>, (token: string) => Answer> = {
  malformed: token => oauth('invalid_request', `Unable to parse the ID Token. ${token}`),
  signature: token => oauth('invalid_grant', `Invalid signature. ${token}`),
  issuer: token => oauth('invalid_grant', `The issuer in ID Token ${token} does not match the expected ones.`),
  audience: token => oauth('invalid_grant', `The audience in ID Token ${token} does not match the expected audience.`),
  expired: token => oauth('invalid_grant', `ID Token issued at 1 is stale to sign-in. ${token}`),
  subject: token =>
    oauth('unauthorized_client', `The given credential is rejected by the attribute condition. ${token}`),
}
