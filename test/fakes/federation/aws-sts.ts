// A fake of AWS STS, query protocol: the two actions of federation, as their documentation has them. It is not the service.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
import { signed } from '../../../aws/sigv4.ts'
import { type Answer, type Asked, type Listening, listen } from './listen.ts'
import { SUBJECTS, type Trust, type Verdict, type World } from './world.ts'

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
export const REGION = 'eu-central-1'
/** The session of the workload whose role is SUBJECTS.aws. */
export const SESSION = {
  accessKeyId: 'ASIATHEWORKLOAD',
  secretAccessKey: 'of-the-workload',
  sessionToken: 'its-session',
}
export const ROLE = 'arn:aws:iam::444455556666:role/rotation'

export interface FakeSts extends Listening {
  /** `aws iam enable-outbound-web-identity-federation`. */
  enabled: boolean
  /** The condition sts:IdentityTokenAudience of the caller's policy. */
  audiences: string[]
  /** Seconds: the maximum of the role's session. */
  session: number
  /** Of the one role that exists. The audience and the issuer are those of the OIDC provider, too. */
  trust: Trust
  readonly asked: URLSearchParams[]
}

export async function startSts(world: World): Promise<FakeSts> {
  const state = {
    enabled: true,
    audiences: [] as string[],
    session: 3600,
    trust: { issuer: '', audience: '', subject: '' },
    asked: [] as URLSearchParams[],
  }
  const listening = await listen(asked => {
    const form = new URLSearchParams(asked.body)
    state.asked.push(form)
    if (form.get('Version') !== '2011-06-15') return fault('InvalidAction', 400)
    if (form.get('Action') === 'GetWebIdentityToken') return giveToken(asked, form)
    return form.get('Action') === 'AssumeRoleWithWebIdentity' ? assume(form) : fault('InvalidAction', 400)
  })

  function giveToken(asked: Asked, form: URLSearchParams): Answer {
    if (!isSigned(asked)) return fault('SignatureDoesNotMatch', 403)
    const lifetime = Number(form.get('DurationSeconds') ?? 300)
    const audience = form.get('Audience.member.1')
    if (!audience || !['RS256', 'ES384'].includes(form.get('SigningAlgorithm') ?? ''))
      return fault('ValidationError', 400)
    if (lifetime < 60 || lifetime > 3600) return fault('ValidationError', 400)
    if (!state.enabled) return fault('OutboundWebIdentityFederationDisabledException', 403)
    if (state.audiences.length > 0 && !state.audiences.includes(audience)) return fault('AccessDenied', 403)
    const token = world.token('aws', audience, lifetime)
    const expiration = new Date(world.now() + lifetime * 1000).toISOString()
    return xml(`<GetWebIdentityTokenResponse xmlns="${NAMESPACE}"><GetWebIdentityTokenResult>
      <WebIdentityToken>${token}</WebIdentityToken><Expiration>${expiration}</Expiration></GetWebIdentityTokenResult>
      <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></GetWebIdentityTokenResponse>`)
  }

  /** Unsigned: the token is the whole proof. */
  function assume(form: URLSearchParams): Answer {
    const verdict = world.judge(form.get('WebIdentityToken') ?? '', state.trust)
    if (typeof verdict === 'string') return refusals[verdict](form.get('WebIdentityToken') ?? '')
    // No difference is made between a role that is absent and one that does not trust.
    if (form.get('RoleArn') !== ROLE) return fault('AccessDenied', 403)
    const id = `ASIA${state.asked.length}`
    const secret = world.keep(`secret-of-${id}-0123456789`)
    const session = world.keep(`session-of-${id}-0123456789`)
    const expiration = new Date(world.now() + state.session * 1000).toISOString()
    return xml(`<AssumeRoleWithWebIdentityResponse xmlns="${NAMESPACE}"><AssumeRoleWithWebIdentityResult>
      <SubjectFromWebIdentityToken>${verdict.sub}</SubjectFromWebIdentityToken><Audience>${verdict.aud}</Audience>
      <AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/rotation/lockstep</Arn>
      <AssumedRoleId>AROA:lockstep</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId>
      <SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${session}</SessionToken>
      <Expiration>${expiration}</Expiration></Credentials><Provider>${verdict.iss}</Provider>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`)
  }
  return Object.assign(state, listening)
}

/** As they are answered: of a message nothing may be shown, so each quotes the token. */
const refusals: Record<Extract<Verdict, string>, (token: string) => Answer> = {
  malformed: token => fault('InvalidIdentityToken', 400, `The ID Token provided is not a valid JWT. ${token}`),
  signature: token =>
    fault('InvalidIdentityToken', 400, `Couldn't retrieve verification key from your identity provider ${token}`),
  issuer: token => fault('InvalidIdentityToken', 400, `No OpenIDConnect provider found in your account for ${token}`),
  audience: token => fault('InvalidIdentityToken', 400, `Incorrect token audience ${token}`),
  expired: token => fault('ExpiredTokenException', 400, `Token expired: ${token}`),
  subject: token => fault('AccessDenied', 403, `Not authorized to perform sts:AssumeRoleWithWebIdentity ${token}`),
}

/** Version 4, by the same arithmetic, which test/aws/sigv4.test.ts holds against the SDK's. */
function isSigned({ headers, body }: Asked): boolean {
  const sent = headers['x-amz-date']
  if (typeof sent !== 'string' || headers['x-amz-security-token'] !== SESSION.sessionToken) return false
  const at = new Date(sent.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z'))
  const request = {
    method: 'POST',
    host: headers.host!,
    path: '/',
    headers: { 'content-type': headers['content-type']! },
    body,
  }
  return signed(request, SESSION, { service: 'sts', region: REGION, at }).authorization === headers.authorization
}

const xml = (body: string, status = 200): Answer => ({ status, type: 'text/xml', body })
const fault = (code: string, status: number, message = `User ${SUBJECTS.aws}: ${code}`): Answer =>
  xml(
    `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
    <RequestId>c6104cbe</RequestId></ErrorResponse>`,
    status,
  )
