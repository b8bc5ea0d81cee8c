/**
 * One request of a hook, bounded and with its failures in Lockstep's codes. Nothing of an answer is kept but what was asked for:
 * services put what they were sent into their errors.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { HookCall } from '../ports/promotion-hook.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Asked {
  /** Who is asked, as people call it. */
  readonly service: string
  readonly operation: string
  /** What it is asked about; names only. */
  readonly at: string
  /** What a refusal says is missing. */
  readonly permission?: string
}

/** A longer one would ring at once. */
const LONGEST_TIMER = 2 ** 31 - 1
/** Nobody's answer to these requests is longer. */
const MOST_BYTES = 4 << 20

/** 2xx with a body that is JSON: parsed; else undefined. Anything else: RotationError. Redirections are not followed. */
export async function send(request: Request, asked: Asked, call: HookCall, clock: Pick<Clock, 'now'>): Promise<Answer> {
  const { method, url, headers, body } = request
  const left = call.deadline - clock.now()
  if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
  if (left <= 0) throw new RotationError('no-time', `No time is left to ask ${asked.service}.`, { at: asked.at })
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(Math.min(left, LONGEST_TIMER))])
  let status: number
  let text: string
  try {
    const answer = await fetch(url, {
      method,
      headers,
      signal,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    })
    status = answer.status
    text = await textOf(answer)
  } catch (error) {
    if (call.signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    throw new RotationError('target-unreachable', `${asked.service} did not answer ${asked.operation}.`, {
      at: asked.at,
      foreign: codeOf(error),
    })
  }
  const parsed = parse(text)
  if (status >= 200 && status < 300) return { status, body: parsed }
  throw refusal(status, asked, foreignOf(parsed))
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer.body ?? []) {
    length += part.byteLength
    if (length > MOST_BYTES) return ''
    parts.push(part)
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(status: number, { service, operation, at, permission }: Asked, foreign: string | undefined) {
  const detail = { at, foreign: foreign ?? `HTTP ${status}` }
  if (status === 401 || status === 403) {
    const what = permission === undefined ? operation : `${operation}: ${permission} is missing`
    return new RotationError('access-denied', `${service} refused ${what}.`, detail)
  }
  if (status === 409 || status === 412)
    return new RotationError('busy', `${service} is busy with another change (${operation}).`, detail)
  if (status === 429 || status >= 500)
    return new RotationError('target-unreachable', `${service} could not do ${operation}.`, detail)
  return new RotationError('refused', `${service} did not accept ${operation} (HTTP ${status}).`, detail)
}

/** The short code of an error, where the clouds put it. */
function foreignOf(body: unknown): string | undefined {
  const { __type, error } = Object(body) as { __type?: unknown; error?: unknown }
  const { status, code } = Object(error) as { status?: unknown; code?: unknown }
  const type = typeof __type === 'string' ? __type.split('#').at(-1) : (status ?? code)
  return typeof type === 'string' && /^[A-Za-z0-9_.-]{1,60}$/.test(type) ? type : undefined
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object((error as { cause?: unknown } | undefined)?.cause) as { code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined
}

/** A part of an answer of which nothing is known. */
export const member = (of: unknown, key: string): unknown => (Object(of) as Record<string, unknown>)[key]

export const membersOf = (of: unknown): readonly unknown[] => (Array.isArray(of) ? of : [])
