/**
 * Pieces of a `lockstep.yml` that a program writes and a person reads.
 * @module
 */

/** What a person has to fill in: until then, `lockstep check` refuses the file and says where. */
export const open = 'FILL IN'

/** Every YAML reads JSON; what needs no quotes has none. */
export const scalar = (text: string): string =>
  /^[A-Za-z][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)
