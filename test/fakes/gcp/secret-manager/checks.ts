// The rules for a secret's settings (resources.proto), judged on the whole result of a create or a patch.
import { invalid } from './errors.ts'
import type { SecretState } from './model.ts'

const HOUR = 3_600_000
const YEARS_100 = 3_153_600_000_000

const LABEL_KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const LABEL_VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u
const ANNOTATION_KEY = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/
const ALIAS = /^[a-zA-Z][a-zA-Z0-9_-]{0,62}$/
const TOPIC = /^projects\/[^/]+\/topics\/[^/]+$/

/** Texts as recorded on the service where they are known. */
export function checkSettings(state: SecretState): void {
  checkLabels(state.labels)
  checkAnnotations(state.annotations)
  checkAliases(state)
  if (state.topics.length > 10) throw invalid('No more than 10 topics can be configured on a secret.')
  for (const topic of state.topics) if (!TOPIC.test(topic)) throw invalid(`Invalid topic name [${topic}].`)
}

const bytes = (text: string): number => Buffer.byteLength(text)

function checkLabels(labels: ReadonlyMap<string, string>): void {
  if (labels.size > 64) {
    throw invalid(`Invalid field "labels"; at most 64 entries allowed but found ${labels.size}`)
  }
  for (const [key, value] of labels) {
    if (!LABEL_KEY.test(key) || bytes(key) > 128) {
      throw invalid(`Invalid field "labels"; key "${key}" does not conform to regular expression "${LABEL_KEY.source}"`)
    }
    if (!LABEL_VALUE.test(value) || bytes(value) > 128) {
      throw invalid(
        `Invalid field "labels.${key}"; value "${value}" does not conform to regular expression "${LABEL_VALUE.source}"`,
      )
    }
  }
}

/** "must be less than 16KiB" (resources.proto); the service was recorded to take 16,384 bytes as well. */
function checkAnnotations(annotations: ReadonlyMap<string, string>): void {
  for (const key of annotations.keys()) {
    if (ANNOTATION_KEY.test(key)) continue
    throw invalid(
      `[${key}] must follow pattern [a-z0-9A-Z]+([_\\.\\-]*[a-z0-9A-Z]+)*), be less than 64 characters, ` +
        'and must have a UTF encoding of less than 128 bytes',
    )
  }
  const total = [...annotations].reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0)
  if (total >= 16 * 1024) throw invalid('Annotation map must not exceed 16kib.')
}

/** A destroyed version may have an alias: recorded. */
function checkAliases({ aliases, versions }: SecretState): void {
  if (aliases.size > 50) throw invalid('No more than 50 aliases can be assgined to any given secret')
  for (const [alias, number] of aliases) {
    if (!ALIAS.test(alias) || alias === 'latest' || alias === 'NEW') {
      throw invalid(
        `[${alias}] must follow pattern [a-zA-Z][a-Aa-Z0-9_-]+, be less than 64 characters ` +
          'and cannot be "latest" or "NEW"',
      )
    }
    if (!versions.has(number)) throw invalid("Aliases cannot be assigned to versions that don't exist")
  }
}

/** The times are judged when they are set, so that a secret whose rotation is overdue can still be changed otherwise. */
export function checkRotation({ rotation, topics }: SecretState, now: number, timeSet: boolean): void {
  const { nextAt, periodMs } = rotation ?? {}
  if (periodMs !== undefined) {
    if (periodMs < HOUR || periodMs > YEARS_100 || periodMs % 1000 !== 0) {
      throw invalid('Rotation.rotation_period must be in seconds, at least [3600s] and at most [3153600000s].')
    }
    if (nextAt === undefined)
      throw invalid('Rotation.next_rotation_time must be set if Rotation.rotation_period is set.')
  }
  if (nextAt === undefined) return
  if (timeSet && (nextAt < now + 300_000 || nextAt > now + YEARS_100)) {
    throw invalid('Rotation.next_rotation_time must be at least [300s] in the future and at most [3153600000s].')
  }
  if (topics.length === 0) throw invalid('Secret.topics must be set to configure rotation.')
}

export function checkExpiry(expireAt: number | undefined, now: number): void {
  if (expireAt === undefined) return
  if (expireAt < now + 60_000) throw invalid('Expiration time must be at least [1m] in the future.')
  if (expireAt > now + 876_000 * HOUR) throw invalid('Expiration time cannot be more than [876000h] from now.')
}

export function checkDestroyTtl(ttlMs: number | undefined): void {
  if (ttlMs === undefined) return
  if (ttlMs < 24 * HOUR) throw invalid('Version destroy TTL must be at least [24h].')
  if (ttlMs > 24_000 * HOUR) throw invalid('Version destroy TTL cannot be more than [24000h].')
}
