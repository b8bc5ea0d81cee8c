/**
 * Items of a work queue as text. What comes out of a queue is untrusted: whoever may send to it can send anything.
 * @module
 */
import { RotationError } from '../errors.ts'
import type { WorkItem } from '../ports/work-queue.ts'

/** No item of ours is longer. */
const LONGEST = 2048
const NAME = /^[^\p{Cc}]{1,512}$/u
/** Milliseconds of a year with four digits. */
const LATEST = 253_402_300_800_000

const verbs: readonly WorkItem['do'][] = ['rotate', 'retire', 'replicate']
const isVerb = (text: unknown): text is WorkItem['do'] => verbs.some(verb => verb === text)

export const writeItem = ({ secret, do: what, asked }: WorkItem): string =>
  JSON.stringify({ secret, do: what, asked: new Date(asked).toISOString() })

/** Anything else than such an item: `refused`, naming the field, never what was there. */
export function parseItem(text: unknown): WorkItem {
  if (typeof text !== 'string' || text.length > LONGEST) throw refused('The item is no short text.')
  const item = parsed(text)
  const secret = item.secret
  if (typeof secret !== 'string' || !NAME.test(secret)) throw wrong('secret', 'must be the name of a secret')
  const what = item.do
  if (!isVerb(what)) throw wrong('do', `must be one of ${verbs.join(', ')}`)
  const asked = typeof item.asked === 'string' && item.asked.length <= 40 ? Date.parse(item.asked) : Number.NaN
  if (!(asked >= 0 && asked < LATEST)) throw wrong('asked', 'must be a time, RFC 3339')
  return { secret, do: what, asked }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    // without a prototype, so that nothing is there but what was sent
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { __proto__: null, ...value } as never
  } catch {}
  throw refused('The item is no JSON object.')
}

const wrong = (field: string, says: string): RotationError => refused(`The field ${field} of the item ${says}.`, field)

const refused = (message: string, at?: string): RotationError =>
  new RotationError('refused', message, { at, next: 'Let only Lockstep send to this queue.' })
