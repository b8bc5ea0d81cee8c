// Fakes of Azure: the endpoint of managed identities as App Service has it, and the token endpoint of Entra ID, as their documentation
// has them. They are not the services.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential
import { type Answer, json, type Listening, listen } from './listen.ts'
import type { Trust, Verdict, World } from './world.ts'

export const TENANT = '22222222-2222-2222-2222-222222222222'
export const APP = '33333333-3333-4333-8333-333333333333'
/** The Application ID URI of an app of the tenant: a managed identity gets tokens for nothing else of one's own. */
export const APP_URI = 'api://lockstep-federation'
const HEADER = 'header-of-the-app'

export interface FakeEntra {
  readonly identity: Listening & { attached: boolean; readonly env: Readonly<Record<string, string>> }
  readonly login: Listening
  /** Of the federated identity credential. */
  trust: Trust
  /** Seconds. */
  lifetime: number
  readonly asked: URLSearchParams[]
  /** For which resource this access token is, and until when it is good. */
  readOf(token: string): string | undefined
  close(): Promise<void>
}

/** `mint`: an access token that the fake of Key Vault takes. */
export async function startEntra(world: World, mint: (resource: string) => string): Promise<FakeEntra> {
  const given = new Map<string, { readonly resource: string; readonly until: number }>()
  const asked: URLSearchParams[] = []
  const state = { trust: { issuer: '', audience: '', subject: '' }, lifetime: 3600, asked }

  const attached = { attached: true }
  const identity = await listen(({ url, headers }) => {
    if (headers['x-identity-header'] !== HEADER) return json({ statusCode: 401, message: 'Unauthorized' }, 401)
    if (!attached.attached) return json({ statusCode: 400, message: 'No managed identity found for this app.' }, 400)
    const resource = url.searchParams.get('resource') ?? ''
    if (resource !== APP_URI)
      return json(
        {
          error: 'invalid_resource',
          error_description: `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
        },
        400,
      )
    const lifetime = 86_400
    const access_token = world.token('azure', resource, lifetime)
    return json({
      access_token,
      expires_on: String(world.seconds + lifetime),
      resource,
      token_type: 'Bearer',
      client_id: APP,
    })
  })

  const login = await listen(({ method, url, headers, body }): Answer => {
    const base = `https://${headers.host}/${TENANT}`
    if (method === 'GET' && url.pathname === `/${TENANT}/v2.0/.well-known/openid-configuration`)
      return json({
        token_endpoint: `${base}/oauth2/v2.0/token`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        end_session_endpoint: `${base}/oauth2/v2.0/logout`,
        issuer: `${base}/v2.0`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      })
    if (url.pathname !== `/${TENANT}/oauth2/v2.0/token`) return refused(90002, 'Tenant not found.')
    const form = new URLSearchParams(body)
    asked.push(form)
    if (form.get('grant_type') !== 'client_credentials') return refused(70003, 'Unsupported grant.')
    if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      return refused(7000218, 'No assertion.')
    if (form.get('client_id') !== APP) return refused(700016, 'Application was not found in the directory.')
    const assertion = form.get('client_assertion') ?? ''
    const verdict = world.judge(assertion, state.trust)
    if (typeof verdict === 'string')
      return refused(codes[verdict], `No matching federated identity record found: ${assertion}`)
    const resource =
      (form.get('scope') ?? '')
        .split(' ')
        .find(each => each.endsWith('/.default'))
        ?.slice(0, -'/.default'.length) ?? ''
    const access_token = world.keep(mint(resource))
    given.set(access_token, { resource, until: world.now() + state.lifetime * 1000 })
    return json({ token_type: 'Bearer', expires_in: state.lifetime, ext_expires_in: state.lifetime, access_token })
  }, true)
  const readOf = (token: string): string | undefined => {
    const found = given.get(token)
    return found && found.until > world.now() ? found.resource : undefined
  }
  const env = { IDENTITY_ENDPOINT: `${identity.url}/msi/token`, IDENTITY_HEADER: HEADER }
  return Object.assign(state, {
    identity: Object.assign(attached, identity, { env }),
    login,
    readOf,
    close: async () => void (await Promise.all([identity, login].map(each => each.close()))),
  })
}

const codes: Record<Extract<Verdict, string>, number> = {
  malformed: 50027,
  signature: 700027,
  issuer: 700211,
  audience: 700212,
  subject: 700213,
  expired: 700024,
}

const refused = (code: number, description: string): Answer =>
  json(
    {
      error: 'invalid_client',
      error_description: `AADSTS${code}: ${description} Trace ID: 1 Correlation ID: 2`,
      error_codes: [code],
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
    401,
  )
