/**
 * What the function is told by its environment: the variables of AWS's templates, and a few of ours. None of them is needed.
 * @module
 */
import { didYouMean } from '../../core/config/nearest.ts'
import { parseDuration } from '../../core/policy/duration.ts'
import type { Duration } from '../../core/ports/clock.ts'
import type { PasswordPolicy } from '../../core/secret/generate.ts'
import { passwordPolicy } from './password.ts'
import { type Environment, misset, truth } from './variables.ts'

const STRATEGIES = ['single-user', 'alternating-users', 'dual-password'] as const
export type DropInStrategy = (typeof STRATEGIES)[number]

export interface Settings {
  /** SECRETS_MANAGER_ENDPOINT. Absent: the SDK finds it. */
  readonly endpoint: string | undefined
  readonly password: PasswordPolicy
  /** LOCKSTEP_STRATEGY; `dual-password` for MySQL and MariaDB only. Absent: alternating-users if the secret names an admin secret (`masterarn`), else single-user. */
  readonly strategy: DropInStrategy | undefined
  /** LOCKSTEP_GRACE: how long the previous credential stays valid after a rotation. */
  readonly grace: Duration
  /** LOCKSTEP_CA_FILE: the only authorities to trust, PEM. Absent: those of Node.js and of the Lambda runtime. */
  readonly caFile: string | undefined
  /**
   * LOCKSTEP_PLAINTEXT_FALLBACK: where a secret does not say `ssl`, a server that offers no TLS is spoken to in plaintext. Not MongoDB,
   * whose servers do not say what they offer.
   */
  readonly plaintextFallback: boolean
  /** LOCKSTEP_SERVER_KEY_FILE: the RSA key of a MySQL server without TLS, PEM: with it passwords are encrypted at login, with no other. */
  readonly serverKeyFile: string | undefined
  /** LOCKSTEP_ENVIRONMENT: a dimension of the metrics. */
  readonly environment: string
  /** LOCKSTEP_PROBES: a statement that the application must be able to run (for MongoDB a command as JSON), or a JSON array of them. */
  readonly probes: readonly string[]
  /** LOCKSTEP_OWNER: `deployment/secret` of the lockstep.yml that the same login is also in. Absent: `aws/` and the secret's name. */
  readonly owner: string | undefined
}

const OURS = [
  'LOCKSTEP_STRATEGY',
  'LOCKSTEP_GRACE',
  'LOCKSTEP_CA_FILE',
  'LOCKSTEP_PLAINTEXT_FALLBACK',
  'LOCKSTEP_SERVER_KEY_FILE',
  'LOCKSTEP_ENVIRONMENT',
  'LOCKSTEP_PROBES',
  'LOCKSTEP_OWNER',
]
const HOUR: Duration = 3_600_000
/** What CloudWatch takes as the value of a dimension, except that it may not begin with a colon. */
const DIMENSION = /^(?!:)[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/

/** Anything that cannot be used, and any variable that begins as ours do and is none: `config-invalid`, naming it. */
export function readSettings(env: Environment): Settings {
  const stranger = Object.keys(env).find(name => name.startsWith('LOCKSTEP_') && !OURS.includes(name))
  if (stranger !== undefined)
    throw misset(stranger.slice(0, 60), `is no setting of this function${didYouMean(stranger, OURS)}`)
  return {
    endpoint: endpointOf(env.SECRETS_MANAGER_ENDPOINT),
    password: passwordPolicy(env),
    strategy: strategyOf(env.LOCKSTEP_STRATEGY),
    grace: graceOf(env.LOCKSTEP_GRACE),
    caFile: env.LOCKSTEP_CA_FILE || undefined,
    plaintextFallback: truth(env, 'LOCKSTEP_PLAINTEXT_FALLBACK', false),
    serverKeyFile: env.LOCKSTEP_SERVER_KEY_FILE || undefined,
    environment: environmentOf(env.LOCKSTEP_ENVIRONMENT),
    probes: probesOf(env.LOCKSTEP_PROBES),
    owner: ownerOf(env.LOCKSTEP_OWNER),
  }
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  // cut by hand: `new URL` puts its input into its errors, and lets almost everything pass
  if (/^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(text)) return text
  throw misset('SECRETS_MANAGER_ENDPOINT', 'must be a URL such as https://secretsmanager.eu-central-1.amazonaws.com')
}

function strategyOf(text: string | undefined): DropInStrategy | undefined {
  if (text === undefined || text === '') return undefined
  const strategy = STRATEGIES.find(each => each === text)
  if (strategy !== undefined) return strategy
  throw misset('LOCKSTEP_STRATEGY', `must be one of ${STRATEGIES.join(', ')}`)
}

function graceOf(text: string | undefined): Duration {
  if (text === undefined || text === '') return HOUR
  const grace = parseDuration(text)
  if (grace !== undefined) return grace
  throw misset('LOCKSTEP_GRACE', 'must be a duration such as 90s, 15m, 1h or 1d')
}

function environmentOf(text: string | undefined): string {
  if (text === undefined || text === '') return 'default'
  if (DIMENSION.test(text)) return text
  throw misset('LOCKSTEP_ENVIRONMENT', 'must be printable ASCII, at most 256 characters, and not begin with a colon')
}

function probesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text.trim() === '') return []
  if (!text.trimStart().startsWith('[')) return [text]
  const probes = parsed(text)
  if (Array.isArray(probes) && probes.every(probe => typeof probe === 'string' && probe.trim() !== '')) return probes
  throw misset('LOCKSTEP_PROBES', 'must be one SQL statement, or a JSON array of texts with one statement each')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function ownerOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  if (/^[^\s/]{1,100}\/[^\s]{1,512}$/.test(text)) return text
  throw misset('LOCKSTEP_OWNER', 'must be the deployment and the secret of a lockstep.yml, such as payments/orders-db')
}
