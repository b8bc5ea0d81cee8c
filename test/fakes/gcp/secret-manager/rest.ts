// The REST dialect, by the google.api.http options of the client's own protos.
import { ConnectionLost, ServiceFault } from './errors.ts'
import type { Handle } from './handle.ts'
import { tokenOf } from './in-process.ts'
import type { Input } from './input.ts'
import { fromJson, jsonDetails, type Route, routes, toJson } from './wire.ts'

export interface RestRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly body: string
  readonly authorization?: string | undefined
  readonly location?: string | undefined
}

export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** @throws ConnectionLost where a socket would close without an answer; nothing else. */
export async function serveRest(handle: Handle, request: RestRequest): Promise<RestAnswer> {
  try {
    const { route, json } = read(request)
    const input = decode(route, json)
    const token = tokenOf(request.authorization)
    const answer = await handle({ op: route.op, input, token, location: request.location })
    return reply(200, toJson(route.responseType, answer))
  } catch (error) {
    if (error instanceof ConnectionLost) throw error
    return failure(error as ServiceFault)
  }
}

interface Matched {
  readonly route: Route
  readonly variables: Readonly<Record<string, string>>
}

function read({ method, url, body }: RestRequest): { route: Route; json: object } {
  const { pathname, searchParams } = new URL(url, 'http://rest.invalid')
  const { route, variables } = match(method, decodeURIComponent(pathname))
  const json: Record<string, unknown> = query(searchParams)
  if (route.body === '*') Object.assign(json, parse(body))
  else if (route.body !== undefined) json[route.body] = parse(body)
  for (const [path, value] of Object.entries(variables)) assign(json, path, value)
  return { route, json }
}

/** Google's front end answers an HTML page to a path that no method has. */
function match(method: string, path: string): Matched {
  for (const route of routes) {
    if (route.verb !== method) continue
    const found = pattern(route.template).exec(path)
    if (found) return { route, variables: { [variable(route.template)]: found[1]! } }
  }
  throw new ServiceFault('NOT_FOUND', `The requested URL ${path} was not found on this server.`)
}

const variable = (template: string): string => /\{([^=]+)=/.exec(template)![1]!

/** `/v1/{name=projects/{*}/secrets/{*}}:access`: one variable, whose stars stop at a slash and at the verb's colon. */
function pattern(template: string): RegExp {
  const [, before, inside, after] = /^(.*)\{[^=]+=([^}]+)\}(.*)$/.exec(template)!
  return new RegExp(`^${before}(${inside!.replaceAll('*', '[^/:]+')})${after}$`)
}

/** System parameters ($alt, $prettyPrint) are not fields. */
function query(parameters: URLSearchParams): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const [key, value] of parameters) {
    if (key.startsWith('$') || key === 'alt') continue
    if (key === 'permissions') json[key] = [...((json[key] as string[] | undefined) ?? []), value]
    else assign(json, key, key === 'updateMask' ? camelPaths(value) : value)
  }
  return json
}

/** FieldMask in JSON is one text in camel case; the service takes either case in the query. */
const camelPaths = (mask: string): string => mask.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

function assign(json: Record<string, unknown>, path: string, value: unknown): void {
  const [first, ...rest] = path.split('.')
  if (rest.length === 0) {
    json[first!] = value
    return
  }
  const inner = (json[first!] as Record<string, unknown> | undefined) ?? {}
  json[first!] = inner
  assign(inner, rest.join('.'), value)
}

function parse(body: string): object {
  try {
    return JSON.parse(body || '{}') as object
  } catch {
    throw new ServiceFault('INVALID_ARGUMENT', 'Invalid JSON payload received.')
  }
}

function decode(route: Route, json: object): object {
  try {
    const { updateMask, ...rest } = fromJson(route.requestType, json) as Input
    // An empty mask is a mask without paths, not one with an empty path.
    return { ...rest, ...(updateMask && { updateMask: { paths: updateMask.paths.filter(path => path !== '') } }) }
  } catch (error) {
    throw new ServiceFault('INVALID_ARGUMENT', `Invalid value: ${(error as Error).message}`)
  }
}

const reply = (status: number, body: object): RestAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(body),
})

const failure = ({ http, message, status, info }: ServiceFault): RestAnswer =>
  reply(http, { error: { code: http, message, status, ...jsonDetails(info) } })
