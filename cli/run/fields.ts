/**
 * The fields of a value: `username`, `password`, `host`, `port` as the configuration says where they stand; `url`; and any field
 * of a JSON object by its own name.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { percentEncode } from '../../core/secret/shape-url.ts'
import type { Located } from '../locate.ts'

type Known = Partial<Record<string, string>>

const SCHEMES: Known = { postgres: 'postgresql', 'aurora-postgresql': 'postgresql', 'aurora-mysql': 'mysql' }

/** One field, or the whole value. The value does not offer it: `value-unsuitable`, naming the field and nothing of the value. */
export function fieldOf(value: SecretValue, field: string | undefined, place: Located): SecretValue {
  if (field === undefined) return value
  const offered = offer(value, place)
  const text = field === 'url' ? urlOf(value, offered, place) : own(offered, field)
  if (text === undefined) throw missing(field, place)
  return SecretValue.of(text)
}

/** Every object has a `toString`; no value offers it. */
const own = (offered: Known, field: string): string | undefined =>
  Object.hasOwn(offered, field) ? offered[field] : undefined

/** What the value says itself goes before what the configuration knows of the target. */
function offer(value: SecretValue, place: Located): Known {
  const json = membersOf(value)
  return { ...ofTarget(place), ...json, ...ofShape(value, place) }
}

function ofShape(value: SecretValue, { expects }: Located): Known {
  if (!expects) return {}
  const { username, password, host, port } = valueShape(expects.value, expects.user).read(value)
  return { username, password: password.reveal(), ...(host && { host }), ...(port && { port }) }
}

/** Texts, numbers and booleans of a JSON object. Not JSON, or no object: none. */
function membersOf(value: SecretValue): Known {
  let parsed: unknown
  try {
    parsed = JSON.parse(value.reveal())
  } catch {
    return {} // the error quotes its input
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {}
  const plain = Object.entries(parsed).filter(([, member]) => ['string', 'number', 'boolean'].includes(typeof member))
  return Object.fromEntries(plain.map(([name, member]) => [name, String(member)]))
}

/** Where the target is written to: what consumers need, and a value need not repeat. */
function ofTarget({ secret }: Located): Known {
  const target = secret?.target
  if (!target || !('endpoints' in target)) return {}
  const writer = target.endpoints.find(({ role }) => role === 'writer') ?? target.endpoints[0]
  if (!writer) return {}
  const { host, port, database } = writer as { host: string; port?: number; database?: string }
  return {
    engine: target.kind,
    host,
    ...(port !== undefined && { port: String(port) }),
    ...(database !== undefined && { dbname: database }),
  }
}

/** A value that is a URL is one; of the documented JSON of a database one is made. */
function urlOf(value: SecretValue, offered: Known, place: Located): string {
  if (place.expects?.value.format === 'url') return value.reveal()
  const part = (name: string): string => offered[name] ?? fail(missing(name, place, ', which a url needs'))
  const engine = part('engine')
  const [username, password] = [part('username'), part('password')].map(percentEncode)
  const port = offered.port === undefined ? '' : `:${offered.port}`
  const path = offered.dbname === undefined ? '' : `/${percentEncode(offered.dbname)}`
  return `${SCHEMES[engine] ?? engine}://${username}:${password}@${part('host')}${port}${path}`
}

const fail = (error: Error): never => {
  throw error
}

const missing = (field: string, { name }: Located, why = ''): RotationError =>
  new RotationError('value-unsuitable', `The value has no field '${field}'${why}.`, {
    secret: name,
    next: 'Name another field, or none for the whole value: `lockstep run --help`.',
  })
