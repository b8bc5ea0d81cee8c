/**
 * Requests to services of AWS that speak the query protocol: a form is posted, XML is answered. Signed here, because a client of the SDK
 * would be a package more for two calls. Of an answer nothing is kept but what is asked for: an error may repeat what was sent.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Instant } from '../../core/ports/clock.ts'
import type { TargetCall } from '../../core/ports/rotation-target.ts'
import { encode, type Identity, signed } from '../sigv4.ts'

export interface QueryApi {
  readonly service: string
  readonly version: string
  readonly region: string
  /** Instead of the service's own address. */
  readonly endpoint?: string | undefined
  /** As the SDK finds it, at each request: roles are renewed. */
  identity(): Promise<Identity>
  now(): Instant
}

/** A refusal that is understood by its code: the service has not done what was asked for. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number) {
    super('refused')
    this.code = code
    this.status = status
  }
}

/**
 * The XML of a success. Refused: `Refusal`. No answer, or none that is understood, to something that changes (`writes`):
 * `unknown-outcome`, else `target-unreachable`. Interrupted before it was sent: `aborted`, `no-time`.
 */
export async function query(
  api: QueryApi,
  action: string,
  fields: Readonly<Record<string, string>>,
  { signal, deadline }: TargetCall,
  writes: boolean,
): Promise<string> {
  const identity = await api.identity()
  const left = deadline - api.now()
  if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
  if (left <= 0) throw new RotationError('no-time', `No time is left for ${action}.`)
  const { url, ...request } = requestOf(api, { Action: action, Version: api.version, ...fields }, identity)
  const until = AbortSignal.any([signal, AbortSignal.timeout(Math.min(left, 30_000))])
  let status: number
  let text: string
  try {
    const answer = await fetch(url, { ...request, method: 'POST', redirect: 'manual', signal: until })
    status = answer.status
    text = await answer.text()
  } catch {
    throw unanswered(api, action, writes)
  }
  if (status === 200) return text
  const code = /<Code>([A-Za-z0-9.]{1,60})<\/Code>/.exec(text)?.[1]
  if (code === undefined || status >= 500) throw unanswered(api, action, writes, code ?? `HTTP ${status}`)
  throw new Refusal(code, status)
}

function requestOf(api: QueryApi, fields: Readonly<Record<string, string>>, identity: Identity) {
  const { service, region } = api
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const url = `${api.endpoint ?? `https://${service}.${region}.${suffix}`}/`
  const body = Object.entries(fields)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const scope = { service, region, at: new Date(api.now()) }
  return {
    url,
    body,
    headers: signed({ method: 'POST', host: new URL(url).host, path: '/', headers, body }, identity, scope),
  }
}

const unanswered = ({ service }: QueryApi, action: string, writes: boolean, foreign?: string): RotationError =>
  writes
    ? new RotationError('unknown-outcome', `${service} did not say whether ${action} was done.`, { foreign })
    : new RotationError('target-unreachable', `${service} did not answer ${action}.`, {
        foreign,
        next: `In a VPC, ${service} needs a VPC endpoint or a NAT gateway; then run the same command again.`,
      })
