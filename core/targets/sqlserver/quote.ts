/**
 * The server's own quoting of names and texts, for statements that take no parameters (DDL).
 * @module
 */

/** As `QUOTENAME(name)`, which however answers NULL beyond 128 characters. */
export const identifier = (name: string): string => `[${name.replaceAll(']', ']]')}]`

/** Unicode, or the code page of the database would change what it does not know. */
export const literal = (text: string): string => `N'${text.replaceAll("'", "''")}'`
