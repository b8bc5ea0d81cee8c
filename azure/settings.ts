/**
 * What the function app says of itself: how long it lets a run last, and when the sweep begins.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RotationError } from '../core/errors.ts'
import type { Environment } from '../core/functions/configuration.ts'
import { fieldOf } from '../core/functions/untrusted.ts'
import type { Duration } from '../core/ports/clock.ts'

const MINUTE: Duration = 60_000
/** The shortest default of any plan: https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout */
const SHORTEST_DEFAULT = 5 * MINUTE
/** An app may have no limit; a run has. */
const LONGEST = 30 * MINUTE
/** After which the load balancer gives the caller up. */
export const HTTP_LIMIT = 230_000

/** `functionTimeout` of host.json, which a setting of the app overrides. */
export function timeoutOf(env: Environment): Duration {
  const written = env.AzureFunctionsJobHost__functionTimeout || inHostJson(env)
  if (written === '-1') return LONGEST
  const [, days = 0, hours, minutes, seconds] = /^(?:(\d{1,3})\.)?(\d\d):(\d\d):(\d\d)$/.exec(written ?? '') ?? []
  if (hours === undefined) return SHORTEST_DEFAULT
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * MINUTE + Number(seconds) * 1000
  return total > 0 ? Math.min(total, LONGEST) : SHORTEST_DEFAULT
}

function inHostJson({ AzureWebJobsScriptRoot: root }: Environment): string | undefined {
  if (!root) return undefined
  try {
    const written = fieldOf(JSON.parse(readFileSync(join(root, 'host.json'), 'utf8')), 'functionTimeout')
    return typeof written === 'string' ? written : undefined
  } catch {
    return undefined
  }
}

export const DEFAULT_SCHEDULE = '0 */15 * * * *'

/** LOCKSTEP_SWEEP_SCHEDULE: six fields, seconds first. Five would be read as other ones, so they are `config-invalid`. */
export function scheduleOf(env: Environment): string {
  const schedule = env.LOCKSTEP_SWEEP_SCHEDULE?.trim() || DEFAULT_SCHEDULE
  const fields = schedule.split(/\s+/)
  if (fields.length === 6 && fields.every(field => /^[A-Za-z0-9*,/-]{1,100}$/.test(field))) return schedule
  const message = `LOCKSTEP_SWEEP_SCHEDULE must have six fields, seconds first, such as ${DEFAULT_SCHEDULE}.`
  throw new RotationError('config-invalid', message, { at: 'LOCKSTEP_SWEEP_SCHEDULE' })
}
