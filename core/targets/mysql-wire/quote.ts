/**
 * Quoting for statements that take no parameters. Right in sessions that `within` (change.ts) or `plainQuotes` has prepared: there a
 * backslash is a character like any other, so a doubled quote is all there is to it.
 * @module
 */

/** Makes `text` of this module right, and keeps double quotes for texts rather than names. */
export const plainQuotes = "sql_mode = 'NO_BACKSLASH_ESCAPES'"

/** A text literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** An account: `'app'@'10.%'`. */
export const account = ({ user, host }: { readonly user: string; readonly host: string }): string =>
  `${text(user)}@${text(host)}`
