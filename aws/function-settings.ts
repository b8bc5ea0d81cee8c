/**
 * What the functions that work on a fleet are told by their environment.
 * @module
 */
import { didYouMean } from '../core/config/nearest.ts'
import { type Environment, misset } from './drop-in/variables.ts'

export interface FunctionSettings {
  /** LOCKSTEP_QUEUE_URL: where a sweep sends what it cannot finish. Absent: the next sweep finds it again. */
  readonly queue: string | undefined
}

/** The first three are of `core/functions/configuration.ts`. */
const OURS = ['LOCKSTEP_CONFIG', 'LOCKSTEP_ENVIRONMENT', 'LOCKSTEP_MEMBER', 'LOCKSTEP_QUEUE_URL']

/** Anything that cannot be used, and any variable that begins as ours do and is none: `config-invalid`, naming it. */
export function readFunctionSettings(env: Environment): FunctionSettings {
  const stranger = Object.keys(env).find(name => name.startsWith('LOCKSTEP_') && !OURS.includes(name))
  if (stranger !== undefined)
    throw misset(stranger.slice(0, 60), `is no setting of this function${didYouMean(stranger, OURS)}`)
  return {
    queue: queueOf(env.LOCKSTEP_QUEUE_URL),
  }
}

function queueOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (/^https?:\/\/[A-Za-z0-9.:[\]-]+\/[\w/.-]{1,120}$/.test(text)) return text
  throw misset(
    'LOCKSTEP_QUEUE_URL',
    'must be a URL such as https://sqs.eu-central-1.amazonaws.com/123456789012/lockstep',
  )
}
