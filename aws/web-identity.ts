/**
 * The identity of a workload on AWS, signed for somebody else: GetWebIdentityToken of STS, which the account has to enable first.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 * @module
 */

import { isRotationError } from '../core/errors.ts'
import { bounded } from '../core/federation/bounded.ts'
import { tokenRefused, tokenUnanswered } from '../core/federation/refusal.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { WebIdentity } from '../core/ports/web-identity.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { type Caller, callerOf } from './hooks-call.ts'
import { encode, signed } from './sigv4.ts'

/** Seconds: it is exchanged at once. */
const LIFETIME = 300
/** The only one that both other clouds verify. */
const ALGORITHM = 'RS256'
const FORM = 'application/x-www-form-urlencoded'

const next: Readonly<Record<string, string>> = {
  OutboundWebIdentityFederationDisabledException:
    'Enable it for the account: `aws iam enable-outbound-web-identity-federation`.',
  AccessDenied: 'Allow sts:GetWebIdentityToken for this audience to the role of the process.',
}
const OTHERWISE = 'Give the process a role that may sts:GetWebIdentityToken.'

/** sts:GetWebIdentityToken, at the region's own endpoint: the global one does not have it. `endpoint`: instead. */
export const awsWebIdentity =
  (
    clock: Pick<Clock, 'now'>,
    caller: () => Promise<Caller> = () => callerOf(undefined),
    endpoint?: string,
  ): WebIdentity =>
  async (audience, call) => {
    const who = await caller()
    const region = await who.region().catch(() => {
      throw tokenRefused('aws', 'no region is set for this process', 'Set AWS_REGION, as Lambda and ECS do.')
    })
    const identity = await who.identity()
    // Only credentials of a session have one: these are the keys of an IAM user, for good.
    if (identity.sessionToken === undefined)
      throw tokenRefused('aws', 'the credentials of this process are a stored access key', OTHERWISE)
    const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
    const url = new URL(endpoint ?? `https://sts.${region}.${suffix}`)
    const body = formOf({
      Action: 'GetWebIdentityToken',
      Version: '2011-06-15',
      'Audience.member.1': audience,
      DurationSeconds: String(LIFETIME),
      SigningAlgorithm: ALGORITHM,
    })
    const request = { method: 'POST', host: url.host, path: '/', headers: { 'content-type': FORM }, body }
    const headers = signed(request, identity, { service: 'sts', region, at: new Date(clock.now()) })
    const { ok, text } = await bounded(call, clock, signal => post(url, headers, body, signal))
    const token = elementOf(text, 'WebIdentityToken')
    if (ok && token !== undefined) return SecretValue.of(token)
    const code = elementOf(text, 'Code')
    const known = code !== undefined && /^[A-Za-z0-9_.-]{1,60}$/.test(code) ? code : undefined
    throw tokenRefused('aws', 'STS refused GetWebIdentityToken', next[known ?? ''] ?? OTHERWISE, known)
  }

async function post(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal) {
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    if (answer.status >= 500) throw tokenUnanswered('aws', 'STS', `HTTP${answer.status}`)
    return { ok: answer.ok, text: await answer.text() }
  } catch (error) {
    throw isRotationError(error) ? error : tokenUnanswered('aws', 'STS')
  }
}

const formOf = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')

/** Of a small answer whose elements hold no markup. */
const elementOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>\\s*([^<\\s]+)\\s*</${name}>`).exec(xml)?.[1]
