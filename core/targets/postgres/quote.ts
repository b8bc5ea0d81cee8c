/**
 * The server's own quoting of names and texts, for statements that take no parameters (DDL).
 * @module
 */

/** As `format('%I')`: never ambiguous, whatever the name holds. NUL cannot occur: no server would have such a role. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** As `format('%L')`: right with and without `standard_conforming_strings`. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}
