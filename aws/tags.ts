/**
 * What labels cannot hold, as tags of the secret: written when something failed or a person asked, so hardly ever. Each says
 * which version it is about; a note on a version that is current no more is void.
 * A tag's value: at most 256 of letters, digits, spaces and `+ - = . _ : / @` (API reference of Secrets Manager, `Tag`).
 * @module
 */
import { Buffer } from 'node:buffer'
import type { Instant } from '../core/ports/clock.ts'
import type { SecretState, VersionId } from '../core/ports/secret-store.ts'

export type Tags = Readonly<Record<string, string>>
export type Issuing = NonNullable<SecretState['issuing']>

const PREFIX = 'lockstep:'
const MAX = 256
/** Issuers allow few keys; this is room for about 25. */
const CHUNKS = 4

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const decode = (text: string): string => Buffer.from(text, 'base64url').toString()

const about = (version: VersionId, text: string): string => `${version} ${text}`

/** The text that a tag holds about this version. */
function noted(tags: Tags, name: string, version: VersionId | undefined): string | undefined {
  const tag = tags[PREFIX + name]
  return version !== undefined && tag?.startsWith(`${version} `) ? tag.slice(version.length + 1) : undefined
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

export interface Notes {
  readonly attempts: number
  readonly halted: string | undefined
  readonly epoch: number
  readonly promotedAt: Instant | undefined
  readonly request: string | undefined
  readonly issuing: Issuing | undefined
}

/** `last`: the version that the last rotation left. */
export function readNotes(tags: Tags, current: VersionId, last: VersionId | undefined): Notes {
  const halted = noted(tags, 'halted', current)
  const request = noted(tags, 'request', last)
  return {
    attempts: wholeNumber(noted(tags, 'attempts', current)) ?? 0,
    halted: halted && decode(halted),
    epoch: wholeNumber(tags[`${PREFIX}epoch`]) ?? 0,
    promotedAt: wholeNumber(noted(tags, 'promoted-at', last)),
    request: request && decode(request),
    issuing: readIssuing(tags),
  }
}

export const attemptsTag = (current: VersionId, attempts: number): Tags => ({
  [`${PREFIX}attempts`]: about(current, String(attempts)),
})

/** Cut to what a tag holds. */
export const haltedTag = (current: VersionId, reason: string | null): Tags => ({
  [`${PREFIX}halted`]: reason === null ? '' : about(current, encode(reason.slice(0, 120))).slice(0, MAX),
})

export const epochTag = (epoch: number): Tags => ({ [`${PREFIX}epoch`]: String(epoch) })

export const promotedAtTag = (last: VersionId, at: Instant): Tags => ({
  [`${PREFIX}promoted-at`]: about(last, String(Math.ceil(at))),
})

export const requestTag = (last: VersionId, request: string): Tags => ({
  [`${PREFIX}request`]: about(last, encode(request.slice(0, 120))).slice(0, MAX),
})

/** Undefined: more than the tags hold. */
export function issuingTags(issuing: Issuing | null): Tags | undefined {
  const text = issuing === null ? '' : encode(JSON.stringify([issuing.rotation, issuing.since, issuing.keys]))
  if (text.length > MAX * CHUNKS) return undefined
  const names = Array.from({ length: CHUNKS }, (_, n) => `${PREFIX}issuing-${n}`)
  // Every chunk is written: a shorter text must not end in the rest of a longer one.
  return Object.fromEntries(names.map((name, n) => [name, text.slice(n * MAX, (n + 1) * MAX)]))
}

function readIssuing(tags: Tags): Issuing | undefined {
  const chunks = Array.from({ length: CHUNKS }, (_, n) => tags[`${PREFIX}issuing-${n}`] ?? '')
  try {
    const [rotation, since, keys] = JSON.parse(decode(chunks.join(''))) as [Issuing['rotation'], Instant, string[]]
    return { rotation, since, keys }
  } catch {
    return undefined
  }
}
