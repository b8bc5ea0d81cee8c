/**
 * The JSON in which AWS documents the secrets of databases.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { SecretValue } from '../../core/secret/secret-value.ts'
import { CALLED, type Engine, type EngineName, engineCalled } from './engines.ts'

/** Where the login is used, as far as the value says. */
export interface DatabaseSecret {
  readonly engine: EngineName
  readonly host: string
  readonly port: number
  /** Undefined: none is needed. */
  readonly database: string | undefined
  /** The secret of the admin, by ARN or name. */
  readonly admin: string | undefined
  /** What the value says; undefined where it says nothing that is understood. */
  readonly ssl: boolean | undefined
}

/** Throws `value-unsuitable`, naming the field and what it must be, never what it is. */
export const parseDatabaseSecret = (value: SecretValue): DatabaseSecret => databaseSecret(jsonObject(value))

export function databaseSecret(fields: Readonly<Record<string, unknown>>): DatabaseSecret {
  if (fields.engine === undefined) throw unsuitable("has no field 'engine'")
  const engine = engineCalled(fields.engine)
  if (engine === undefined) throw unsuitable(`has a field 'engine' that is none of ${CALLED.join(', ')}`)
  return {
    engine: engine.name,
    host: hostOf(fields.host),
    port: portOf(fields.port, engine),
    database: databaseOf(fields.dbname, engine),
    admin: adminOf(fields.masterarn),
    ssl: sslOf(fields.ssl),
  }
}

/** Own fields of the value, without a prototype. The error of JSON.parse quotes its input: only the fact survives. */
export function jsonObject(value: SecretValue): Readonly<Record<string, unknown>> {
  const parsed = parse(value.reveal())
  if (parsed === undefined) throw unsuitable('is not JSON')
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unsuitable('is not a JSON object')
  return Object.assign(Object.create(null), parsed)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hostOf(host: unknown): string {
  if (host === undefined || host === null) throw unsuitable("has no field 'host'")
  if (typeof host !== 'string' || !/^[A-Za-z0-9._:-]{1,255}$/.test(host))
    throw unsuitable("has a field 'host' that is not the name or address of one host")
  return host
}

function portOf(port: unknown, engine: Engine): number {
  if (port === undefined || port === null) return engine.port
  const number = typeof port === 'string' && /^\s*\d{1,5}\s*$/.test(port) ? Number(port) : port
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 65_535) return number
  throw unsuitable("has a field 'port' that is not a port: a number from 1 to 65535, or such a number as a text")
}

function databaseOf(name: unknown, { database }: Engine): string | undefined {
  if (name === undefined || name === null) return database
  if (name === '' && database === undefined) return undefined
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= 63 && !name.includes('\0')) return name
  throw unsuitable("has a field 'dbname' that is not the name of a database")
}

function adminOf(arn: unknown): string | undefined {
  if (arn === undefined || arn === null) return undefined
  if (typeof arn === 'string' && /^[A-Za-z0-9/_+=.@!:-]{1,2048}$/.test(arn)) return arn
  throw unsuitable("has a field 'masterarn' that is not the ARN of a secret")
}

/** As the templates understand it. */
function sslOf(ssl: unknown): boolean | undefined {
  if (typeof ssl === 'boolean') return ssl
  const text = typeof ssl === 'string' ? ssl.toLowerCase() : undefined
  return text === 'true' ? true : text === 'false' ? false : undefined
}

const unsuitable = (says: string): RotationError =>
  new RotationError('value-unsuitable', `The value ${says}.`, {
    next: 'Correct it: put a value in the JSON that AWS documents for its engine.',
  })
