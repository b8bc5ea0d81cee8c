/**
 * The shape of a value: where the login stands in it. Each format only says where the parts are; reading, and replacing
 * nothing but them, is the same for all.
 * @module
 */
import type { Credential, ValueShape } from './credential.ts'
import { SecretValue } from './secret-value.ts'
import { type JsonFields, locateInJson } from './shape-json.ts'
import { type Locate, type Part, type Parts, unsuitable } from './shape-parts.ts'
import { locateInTemplate, parseTemplate } from './shape-template.ts'
import { locateInUrl } from './shape-url.ts'

/** Shape of a value, as the configuration describes it. */
export type ShapeOptions =
  | { readonly format: 'json'; readonly fields: JsonFields }
  | { readonly format: 'password' }
  | { readonly format: 'url' }
  | { readonly format: 'template'; readonly template: string }

/** Not imported: whoever imports node:util by name loads all of it, threads included, when a function starts. */
const sameJson = (one: unknown, other: unknown): boolean =>
  process.getBuiltinModule('node:util').isDeepStrictEqual(one, other)

const unchanged = (text: string): string => text

const locatePassword: Locate = text => {
  // Files and pipes add one: `echo secret | …`. No driver would send what was meant.
  if (/[\r\n]/.test(text)) throw unsuitable('is a bare password and holds a line break')
  return { password: { start: 0, end: text.length, text, encode: unchanged } }
}

function locatorOf(options: ShapeOptions, holdsUsername: boolean): Locate {
  switch (options.format) {
    case 'json':
      return locateInJson(options.fields, holdsUsername)
    case 'url':
      return locateInUrl
    case 'password':
      return locatePassword
    case 'template':
      return locateInTemplate(parseTemplate(options.template))
  }
}

function readParts(parts: Parts, fixedUsername: string | undefined): Credential {
  const username = fixedUsername ?? parts.username?.text
  if (username === undefined || username === '') throw unsuitable('has an empty username')
  if (parts.password.text === '') throw unsuitable('has an empty password')
  if (fixedUsername !== undefined && parts.username !== undefined && parts.username.text !== fixedUsername)
    throw unsuitable('names another user than the configuration')
  return { username, password: SecretValue.of(parts.password.text), host: parts.host, port: parts.port }
}

/** A part that holds `next` already keeps its spelling. */
function replace(text: string, part: Part | undefined, next: string): string {
  if (part === undefined || part.text === next) return text
  return text.slice(0, part.start) + part.encode(next) + text.slice(part.end)
}

/**
 * The shape for `options`. `username`: the user of a value that does not name one (`password`; `json` and `template` without
 * a username); a value that names one must then agree.
 */
export function valueShape(options: ShapeOptions, username?: string): ValueShape {
  const locate = locatorOf(options, username === undefined)
  const read = (value: SecretValue): Credential => readParts(locate(value.reveal()), username)

  function write(base: SecretValue, credential: Pick<Credential, 'username' | 'password'>): SecretValue {
    const parts = locate(base.reveal())
    const { password, username: user } = parts
    const changes: readonly [Part | undefined, string][] = [
      [password, credential.password.reveal()],
      [user, credential.username],
    ]
    // From the back, so that the positions in front stay right.
    const text = [...changes]
      .sort(([a], [b]) => (b?.start ?? -1) - (a?.start ?? -1))
      .reduce((result, [part, next]) => replace(result, part, next), base.reveal())
    const written = SecretValue.of(text)
    // A raw template, or a bare password, cannot hold every text: better refused than read back differently.
    const again = read(written)
    if (again.username !== credential.username || !again.password.equals(credential.password))
      throw unsuitable('cannot hold this username and password in its format')
    return written
  }

  function differsOnlyInLogin(one: SecretValue, other: SecretValue): boolean {
    const login = read(one)
    const same = write(other, login)
    if (options.format !== 'json') return same.equals(one)
    return sameJson(JSON.parse(one.reveal()), JSON.parse(same.reveal()))
  }

  return { read, write, differsOnlyInLogin }
}
