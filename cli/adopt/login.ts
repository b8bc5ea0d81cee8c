/**
 * What a value says about a PostgreSQL login, without its password.
 * @module
 */
import type { SecretValue } from '../../core/secret/secret-value.ts'

export interface Login {
  readonly format: 'json' | 'url'
  readonly username: string
  readonly host?: string
  readonly port?: number
  readonly database?: string
}

/** Taken apart here: the password does not leave this function. No login of PostgreSQL, or none that is understood: undefined. */
export function loginOf(value: SecretValue): Login | undefined {
  const text = value.reveal()
  return fromUrl(text) ?? fromJson(text)
}

function fromUrl(text: string): Login | undefined {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const { username, password, hostname, port, pathname } = new URL(text)
  if (username === '' || password === '') return undefined
  return defined({
    format: 'url' as const,
    username: decodeURIComponent(username),
    host: hostname || undefined,
    port: portOf(port),
    database: pathname.slice(1) || undefined,
  })
}

const ENGINES = ['postgres', 'postgresql', 'aurora-postgresql']

/** Other engines have the same fields; a value that names none may be one of PostgreSQL. */
function fromJson(text: string): Login | undefined {
  const fields = parsed(text)
  const of = (name: string) => (typeof fields[name] === 'string' && fields[name] !== '' ? fields[name] : undefined)
  const [username, engine] = [of('username'), of('engine')]
  if (username === undefined || of('password') === undefined) return undefined
  if (engine !== undefined && !ENGINES.includes(engine)) return undefined
  const database = of('dbname') ?? of('database')
  return defined({ format: 'json' as const, username, host: of('host'), port: portOf(fields.port), database })
}

function parsed(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as object) }
  } catch {
    return {}
  }
}

function portOf(value: unknown): number | undefined {
  const port = Number(value)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

const defined = <T extends object>(part: T) =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as never
