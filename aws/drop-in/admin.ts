/**
 * The admin secret that `masterarn` names: who it logs in as, and where. Read once for each change, and only for one.
 * @module
 */
import { isRotationError, RotationError } from '../../core/errors.ts'
import type { TargetCall } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type DatabaseSecret, databaseSecret, jsonObject } from './database-secret.ts'
import { type EngineName, engineCalled, engineNamed } from './engines.ts'
import type { ManagedDatabases } from './managed-databases.ts'
import { type Hosts, isReaderOf, sameHost } from './reader.ts'

/** How the admin secret is read: two calls to Secrets Manager. Absent, denied, disabled: as a store says it. */
export interface AdminSecrets {
  /** AWSCURRENT. Needs secretsmanager:GetSecretValue on it. */
  value(id: string, call: TargetCall): Promise<SecretValue>
  /** Needs secretsmanager:DescribeSecret on it. */
  tags(id: string, call: TargetCall): Promise<Readonly<Record<string, string>>>
}

export interface AdminSources {
  readonly secrets: AdminSecrets
  readonly rds: ManagedDatabases
}

export interface Admin {
  readonly credential: Credential
  readonly host: string
  readonly port: number
  /** Of MongoDB: where the admin was created. */
  readonly database: string | undefined
  readonly ssl: boolean | undefined
  /** False: the secret's host is a reader, and changes are made at this one. */
  readonly sameHost: boolean
}

/**
 * The admin of the database that the secret is for. Another host, unless RDS says that the secret's is a copy of the admin's, and
 * another port on the same one: `identity-mismatch`. An admin secret that is not understood: `value-unsuitable`.
 */
export async function adminOf(secret: DatabaseSecret, sources: AdminSources, call: TargetCall): Promise<Admin> {
  if (secret.admin === undefined)
    throw new RotationError('permission-missing', 'The secret names no admin secret, which its strategy needs.', {
      next: 'Put the ARN of the admin secret into `masterarn`, or set LOCKSTEP_STRATEGY=single-user.',
    })
  const fields = jsonObject(await sources.secrets.value(secret.admin, call))
  const managed = isManagedByRds(fields)
  const where = managed ? await managedPlace(secret.admin, sources, call) : databaseSecret(fields)
  requireSameEngine(where.engine, secret.engine, managed)
  const same = sameHost(where.host, secret.host)
  if (same && where.port !== secret.port) throw mismatch('another port of the same host')
  // copies of MongoDB and DocumentDB find their writer by themselves
  if (
    !same &&
    (secret.engine === 'mongodb' || !(await isReader({ reader: secret.host, writer: where.host }, sources.rds, call)))
  )
    throw mismatch('another host, and RDS does not know it as the writer of which the host of the secret is a copy')
  const { host, port, database, ssl } = where
  return { credential: login(fields), host, port, database, ssl, sameHost: same }
}

/** Why RDS is asked at all is said where it does not answer: the secret may be none of RDS, and just name a wrong host. */
async function isReader(hosts: Hosts, rds: ManagedDatabases, { signal }: TargetCall): Promise<boolean> {
  try {
    return await isReaderOf(hosts, rds, signal)
  } catch (error) {
    if (!isRotationError(error, 'access-denied', 'store-unavailable')) throw error
    const { code, message, at, foreign, next } = error
    const why = 'The admin secret is for another host than the secret, which only a reader of it may have.'
    const also = `If it is none: let \`masterarn\` name an admin of the secret's own host. If it is one: ${next}`
    throw new RotationError(code, `${why} ${message}`, { at, foreign, next: also })
  }
}

/** As the templates recognise it: by its keys, exactly these. */
const isManagedByRds = (fields: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(fields).sort().join() === 'password,username'

function login({ username, password }: Readonly<Record<string, unknown>>): Credential {
  if (typeof username !== 'string' || username === '') throw unsuitable("has no text in its field 'username'")
  if (typeof password !== 'string' || password === '') throw unsuitable("has no text in its field 'password'")
  return { username, password: SecretValue.of(password) }
}

type Place = Omit<DatabaseSecret, 'admin' | 'engine'> & { readonly engine: EngineName | undefined }

const INSTANCE = 'aws:rds:primarydbinstancearn'
const CLUSTER = 'aws:rds:primarydbclusterarn'
/** The templates' bound. */
const MAX_ARN = 256

async function managedPlace(admin: string, { secrets, rds }: AdminSources, call: TargetCall): Promise<Place> {
  const tags = Object.entries(await secrets.tags(admin, call)).map(
    ([key, value]) => [key.toLowerCase(), value] as const,
  )
  const found = tags.filter(([key]) => key === INSTANCE || key === CLUSTER)
  const [tag] = found
  if (tag === undefined) throw unsuitable('names no host, and no tag says that RDS manages it')
  const [key, arn] = tag
  if (found.length > 1 || arn.length > MAX_ARN || !arn.startsWith('arn:'))
    throw unsuitable('bears tags of RDS that do not name one database')
  return key === INSTANCE ? instancePlace(arn, rds, call.signal) : clusterPlace(arn, rds, call.signal)
}

async function instancePlace(arn: string, rds: ManagedDatabases, signal: AbortSignal): Promise<Place> {
  const found = await rds.instance(arn, signal)
  return placeOf(found?.Engine, found?.Endpoint?.Address, found?.Endpoint?.Port)
}

async function clusterPlace(arn: string, rds: ManagedDatabases, signal: AbortSignal): Promise<Place> {
  const found = await rds.cluster(arn, signal)
  return placeOf(found?.Engine, found?.Endpoint, found?.Port)
}

function placeOf(engine: string | undefined, host: string | undefined, port: number | undefined): Place {
  if (host === undefined || port === undefined)
    throw unsuitable('is managed by RDS for a database that is gone or has no endpoint')
  return { engine: engineCalled(engine)?.name, host, port, database: undefined, ssl: undefined }
}

function requireSameEngine(engine: EngineName | undefined, wanted: EngineName, managed: boolean): void {
  if (engine !== wanted)
    throw unsuitable(`is ${managed ? 'managed by RDS ' : ''}for a database that is not ${engineNamed(wanted).title}`)
}

const CORRECT = 'Correct the secret that `masterarn` names, or name another one.'

const unsuitable = (says: string): RotationError =>
  new RotationError('value-unsuitable', `The admin secret ${says}.`, { next: CORRECT })

const mismatch = (where: string): RotationError =>
  new RotationError('identity-mismatch', `The admin secret is for ${where}; its login was not used.`, { next: CORRECT })
