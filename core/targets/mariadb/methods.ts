/**
 * The list of an account's passwords, joined by OR: as tables show it to an admin, as the server shows it to its own login, and as it is
 * written in statements.
 * @module
 */

export const NATIVE = 'mysql_native_password'

/** One of several ways in; each lets in alone. */
export interface Method {
  readonly plugin: string
  /** Empty: no password is asked for. */
  readonly stored: string
}

/** From `plugin`, `authentication_string` and `auth_or` of mysql.global_priv, where an empty object stands for the first two. */
export function methodsOf(plugin: string | null, stored: string | null, or: string | null): readonly Method[] {
  const own = { plugin: plugin ?? '', stored: stored ?? '' }
  if (or === null) return [own]
  const entries = JSON.parse(or) as readonly { plugin?: string; authentication_string?: string }[]
  return entries.map(entry =>
    entry.plugin === undefined ? own : { plugin: entry.plugin, stored: entry.authentication_string ?? '' },
  )
}

const METHOD = /^(?: OR)? (\w+)(?: USING '((?:[^'\\]|''|\\.)*)')?/

/** From `SHOW CREATE USER`; undefined if it is not understood. */
export function methodsShown(statement: string): readonly Method[] | undefined {
  const list = /^CREATE USER `(?:[^`]|``)*`@`(?:[^`]|``)*`(.*)$/s.exec(statement)?.[1]
  if (list === undefined) return undefined
  const single = /^ IDENTIFIED BY PASSWORD '(\*[0-9A-F]{40})'/.exec(list)?.[1]
  if (single !== undefined) return [{ plugin: NATIVE, stored: single }]
  if (!list.startsWith(' IDENTIFIED VIA'))
    return list.startsWith(' IDENTIFIED') ? undefined : [{ plugin: NATIVE, stored: '' }]
  const methods: Method[] = []
  let rest = list.slice(' IDENTIFIED VIA'.length)
  for (let found = METHOD.exec(rest); found !== null; found = METHOD.exec(rest)) {
    if (methods.length > 0 && !found[0].startsWith(' OR')) break
    methods.push({ plugin: found[1]!, stored: found[2] ?? '' })
    rest = rest.slice(found[0].length)
  }
  return methods.length > 0 ? methods : undefined
}

/** What follows the account in ALTER USER: these passwords and no other, whatever was there before. */
export const identified = (...hashes: readonly string[]): string =>
  `IDENTIFIED VIA ${[...new Set(hashes)].map(hash => `${NATIVE} USING '${hash}'`).join(' OR ')}`

/** Whether the list is exactly these passwords, in whatever order. */
export const holdsExactly = (methods: readonly Method[], ...hashes: readonly string[]): boolean =>
  methods.length === new Set(hashes).size && hashes.every(hash => methods.some(({ stored }) => stored === hash))

/** Whether it is none but these. */
export const holdsOnly = (methods: readonly Method[], ...hashes: readonly string[]): boolean =>
  methods.every(({ stored }) => hashes.includes(stored))
