/**
 * Quoting for statements that take no parameters. Exact in sessions that have `quotingMode`; in others a backslash in a name may be taken
 * for two, and nothing worse.
 * @module
 */

/**
 * Backslashes escape, whatever the server's default. Not the other way round: servers write statements anew for their logs and
 * replicas, with backslashes, and the replica reads them in the mode of this session.
 */
export const quotingMode = "sql_mode = 'TRADITIONAL'"

/** A text literal. */
export const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** An account: `'app'@'10.%'`. */
export const account = ({ user, host }: { readonly user: string; readonly host: string }): string =>
  `${text(user)}@${text(host)}`
