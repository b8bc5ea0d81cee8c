/**
 * Which secrets there are and what rotates them: read, never changed.
 * Permissions: `secretsmanager:ListSecrets`; for `readConnection` also `secretsmanager:GetSecretValue` on the secret.
 * @module
 */
import type { SecretListEntry, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { RotationError } from '../core/errors.ts'
import type { Instant } from '../core/ports/clock.ts'
import { mapError } from './errors.ts'

export interface Listed {
  readonly name: string
  readonly arn: string
  /** The rotation function; absent where an AWS service rotates by itself. */
  readonly function?: string
  readonly enabled: boolean
  /** As the service writes it: `rate(10 days)`, `cron(…)`. */
  readonly schedule?: string
  readonly days?: number
  readonly rotatedAt?: Instant
  /** The AWS service that owns the secret. */
  readonly owner?: string
  /** The kind of a secret that AWS rotates at a partner. */
  readonly partner?: string
  /** Present on a replica. */
  readonly replicaOf?: string
}

/** What the documented JSON format says about the login, without its password. */
export interface Connection {
  readonly engine?: string
  readonly host?: string
  readonly port?: number
  readonly dbname?: string
  readonly username?: string
  readonly masterarn?: string
  readonly ssl?: boolean
}

/** The region that the client will ask. None anywhere: `config-invalid`; `say` is how the caller is told one. */
export async function regionOf(client: SecretsManagerClient, say: string): Promise<string> {
  try {
    return await client.config.region()
  } catch {
    throw new RotationError('config-invalid', 'No AWS region is known.', {
      next: `Give ${say}, or set AWS_REGION or a profile that has one.`,
    })
  }
}

/** Every secret of the region, page by page; minutes old. Denied: `access-denied`. */
export async function* listSecrets(
  client: SecretsManagerClient,
  { prefix, region }: { readonly prefix?: string | undefined; readonly region: string },
  signal: AbortSignal,
): AsyncIterable<Listed> {
  const { ListSecretsCommand } = await import('@aws-sdk/client-secrets-manager')
  const Filters = prefix ? [{ Key: 'name' as const, Values: [prefix] }] : undefined
  let NextToken: string | undefined
  do {
    const command = new ListSecretsCommand({ MaxResults: 100, NextToken, ...(Filters && { Filters }) })
    const page = await client.send(command, { abortSignal: signal }).catch(error => {
      throw mapError(error, { operation: 'ListSecrets', writes: false }, signal)
    })
    for (const entry of page.SecretList ?? []) yield listed(entry, region)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
}

function listed(entry: SecretListEntry, region: string): Listed {
  const { Name = '', ARN = '', RotationLambdaARN, RotationEnabled = false, RotationRules, LastRotatedDate } = entry
  const { AutomaticallyAfterDays: days, ScheduleExpression: schedule } = RotationRules ?? {}
  const { OwningService: owner, PrimaryRegion: primary, Type: partner } = entry
  return {
    name: Name,
    arn: ARN,
    enabled: RotationEnabled,
    ...(RotationLambdaARN && { function: RotationLambdaARN }),
    ...(schedule && { schedule }),
    ...(days && { days }),
    ...(LastRotatedDate && { rotatedAt: LastRotatedDate.getTime() }),
    ...(owner && { owner }),
    ...(partner && { partner }),
    ...(primary && primary !== region && { replicaOf: primary }),
  }
}

/** Current, taken apart here: the password does not leave this function. Not of the documented format: undefined. */
export async function readConnection(
  client: SecretsManagerClient,
  arn: string,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager')
  const command = new GetSecretValueCommand({ SecretId: arn, VersionStage: 'AWSCURRENT' })
  const { SecretString } = await client.send(command, { abortSignal: signal }).catch(error => {
    throw mapError(error, { operation: 'GetSecretValue', secret: arn, writes: false }, signal)
  })
  const fields = parsed(SecretString ?? '')
  if (!fields) return undefined
  const text = (name: string) => (typeof fields[name] === 'string' && fields[name] !== '' ? fields[name] : undefined)
  const found = {
    engine: text('engine'),
    host: text('host'),
    port: portOf(fields.port),
    dbname: text('dbname'),
    username: text('username'),
    masterarn: text('masterarn'),
    ssl: truthOf(fields.ssl),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Connection
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function portOf(value: unknown): number | undefined {
  const port = Number(value)
  return (typeof value === 'number' || typeof value === 'string') && Number.isInteger(port) && port > 0 && port < 65_536
    ? port
    : undefined
}

/** As the templates read it: a boolean, or its name. Anything else counts as absent. */
const truthOf = (value: unknown): boolean | undefined =>
  typeof value === 'boolean'
    ? value
    : ({ true: true, false: false } as Record<string, boolean>)[String(value).toLowerCase()]
