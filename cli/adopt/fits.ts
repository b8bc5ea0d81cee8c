/**
 * Whether a secret fits into a valid `lockstep.yml`, once everything that is open is filled in. Pure.
 * @module
 */
import { loadConfig } from '../../core/config/load.ts'
import { isRotationError } from '../../core/errors.ts'
import type { Becoming } from './candidate.ts'
import { type CloudSource, cloudText } from './cloud-text.ts'
import { configName } from './name.ts'

const FILLED = { format: 'json', username: 'app', host: 'db.example', database: 'db' } as const
const JOURNAL = 'https://account.blob.core.windows.net/lockstep'

/** The same, or `stays` with what `lockstep check` would say. */
export function fitting(becoming: Becoming, source: CloudSource): Becoming {
  if (becoming.becomes !== 'single-user') return becoming
  const { candidate, login } = becoming
  const { guessed: _, ...reading } = candidate.reading
  const filled = { ...becoming, candidate: { ...candidate, reading }, login: { ...FILLED, ...login } }
  const whole = source.from === 'azure' ? { ...source, journal: JOURNAL } : source
  const text = cloudText(new Map([[configName(candidate.name, new Set()), filled]]), whole, '')
  try {
    loadConfig(text, { fileName: 'lockstep.yml' })
    return becoming
  } catch (error) {
    if (!isRotationError(error)) throw error
    const last = error.message.split('\n').at(-1)!
    return { candidate, becomes: 'stays', missing: [], reason: last.replace(/^\s*lockstep\.yml:\d+:\d+ /, '') }
  }
}
