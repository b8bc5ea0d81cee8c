/**
 * `lockstep.yml` for adopted secrets, as text with comments. What nobody knows is left open and marked FILL IN: until it is
 * filled in, `lockstep check` refuses the file and says where.
 * @module
 */

import { readsLikeArnSuffix } from '../../core/config/cross-check-aws.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import { type Adopted, type Decision, settingFor } from './decide.ts'
import { functionName } from './templates.ts'
import { open, scalar } from './yaml.ts'

export type Adoptable = Extract<Decision, Adopted>

export interface Source {
  readonly region: string
  readonly endpoint?: string | undefined
  readonly on: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
export const RDS_AUTHORITIES = 'https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem'

export function configText(secrets: ReadonlyMap<string, Adoptable>, { region, endpoint, on }: Source): string {
  const address = endpoint === undefined ? '' : `, endpoint: ${JSON.stringify(endpoint)}`
  return `# yaml-language-server: $schema=./node_modules/lockstep/lockstep.schema.json
# Written by \`lockstep adopt --from aws\` on ${on}. Nothing was changed at AWS: Secrets Manager goes on invoking the same
# functions. How to point it at Lockstep's: docs/migrate-from-aws-templates.md
version: 1

# Marks the logins at the database as ours. Lockstep's rotation function marks them so too: both may look after them.
deployment: aws

stores:
  aws: { kind: aws, region: ${scalar(region)}${address} }

# Secrets Manager keeps no record of who rotated what, and why. { kind: stderr } for a log collector.
audit:
  - { kind: file, file: lockstep-audit.jsonl }

secrets:
${[...secrets].map(([name, secret]) => secretText(name, secret)).join('\n')}`
}

function secretText(name: string, adoptable: Adoptable): string {
  const { listed, becomes, connection, template, engine } = adoptable
  const { host, username, masterarn } = connection
  const setting = settingFor(adoptable)
  const lines = [
    `# ${template.engine} ${template.users}, rotated by ${functionName(listed.function!)}${listed.enabled ? '' : ' (switched off)'}`,
    `${scalar(name)}:`,
    ...(name === listed.name ? [] : [`  # For the rotation function: LOCKSTEP_OWNER=${scalar(`aws/${name}`)}`]),
    ...(setting === undefined ? [] : [`  # For the rotation function, as the value names an admin: ${setting}`]),
    ...idLine(name, listed.name, listed.arn),
    ...recommendation(adoptable),
    `  strategy: ${becomes}`,
    ...(becomes === 'alternating-users'
      ? [`  users: ${username === undefined ? `# ${open}: the login and its clone` : pair(username)}`]
      : []),
    '  target:',
    `    kind: ${engine.kind}`,
    '    endpoints:',
    `      - host: ${host === undefined ? `# ${open}` : scalar(host)}`,
    ...(connection.port === undefined ? [] : [`        port: ${connection.port}`]),
    ...databaseLine(adoptable).map(line => `        ${line}`),
    ...[...tlsLines(connection), ...(engine.more?.(connection) ?? [])].map(line => `    ${line}`),
    ...(becomes === 'alternating-users'
      ? [
          '    admin:',
          `      id: ${masterarn === undefined ? `# ${open}: the secret of the admin` : scalar(masterarn)}`,
        ]
      : []),
    ...timing(listed),
  ]
  return lines.map(line => `  ${line}\n`).join('')
}

/** Of MongoDB it is no part of an endpoint. */
function databaseLine({ engine, missing, connection: { dbname } }: Adoptable): string[] {
  if (missing.includes('database')) return [`database: # ${open}`]
  const database = engine.kind === 'mongodb' ? undefined : (dbname ?? engine.database)
  return database === undefined ? [] : [`database: ${scalar(database)}`]
}

/** What is written is what the template does; the better choice is said, for it asks for something. */
function recommendation({ becomes, engine }: Adoptable): string[] {
  if (becomes !== 'single-user' || engine.recommended === undefined) return []
  return [
    `  # One password at a time has a gap. Recommended instead: ${engine.recommended},`,
    '  # and for the rotation function: LOCKSTEP_STRATEGY=dual-password',
  ]
}

/** The name that the service may take for an ARN is said as the ARN. */
function idLine(name: string, at: string, arn: string): string[] {
  if (readsLikeArnSuffix(at)) return [`  id: ${scalar(arn)}`]
  return name === at ? [] : [`  id: ${scalar(at)}`]
}

/** The multi-user templates call the second login `app_clone`. */
export function twins(username: string): readonly [string, string] {
  const base = username.replace(/_clone$/, '')
  return [base, `${base}_clone`]
}

const pair = (username: string): string => `[${twins(username).map(scalar).join(', ')}]`

/** Certificates of RDS and DocumentDB are signed by authorities of its own, which Node.js does not bring. */
export const isRds = (host: string): boolean => /\.(rds|docdb)\.amazonaws\.com(\.cn)?$/.test(host)

function tlsLines({ ssl, host, engine }: Adoptable['connection']): string[] {
  if (ssl === false)
    return ['# As `ssl` in the value says: passwords and data in plain text.', 'tls: { mode: disable }']
  const absent =
    engine !== undefined && ssl === undefined
      ? ['# The value says nothing of ssl: the template fell back to plain text, Lockstep does not.']
      : []
  if (host !== undefined && !isRds(host)) return [...absent, 'tls: { mode: verify-full } # ca: ./ca.pem']
  return [...absent, `tls: { mode: verify-full, ca: ./global-bundle.pem } # curl -O ${RDS_AUTHORITIES}`]
}

/** The grace must end before the next rotation begins: the usual one does not fit into a day. */
function timing({ days, schedule }: Adoptable['listed']): string[] {
  const interval = days === undefined ? rate(schedule) : days * DAY
  if (interval === undefined) return schedule === undefined ? [] : [`  # at AWS: ${schedule}`]
  const grace = interval < 2 * DAY ? [`  grace: ${formatDuration(Math.floor(interval / 2 / HOUR) * HOUR)}`] : []
  return [`  interval: ${formatDuration(interval)}`, ...grace]
}

function rate(schedule = ''): number | undefined {
  const [, count, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule) ?? []
  return count === undefined ? undefined : Number(count) * (unit === 'day' ? DAY : HOUR)
}
