/**
 * Names as Oracle takes them: folded to upper case unless they stand in double quotes.
 * @module
 */
import { RotationError } from '../../errors.ts'

/** The name as the dictionary holds it. Not a name: `value-unsuitable`. */
export function dictionaryName(login: string): string {
  const quoted = /^"(.*)"$/s.exec(login)?.[1]
  const name = quoted ?? login
  // without quotes: brackets would name a proxy user, and a slash would begin a password
  const fits = quoted === undefined ? /^[\p{L}\d_$#]+$/u.test(name) : !/["\0]/.test(name)
  if (!fits || name === '' || Buffer.byteLength(name) > 128)
    throw new RotationError(
      'value-unsuitable',
      'A user name of Oracle has 1 to 128 bytes: letters, digits, _ $ #, or anything but a double quote within double quotes.',
    )
  return quoted ?? name.toUpperCase()
}

/** For statements that take no parameters (DDL). */
export const identifier = (login: string): string => `"${dictionaryName(login)}"`

/** A password stands in double quotes wherever somebody types it, so it cannot hold one. Refused before anything is sent. */
export function requirePassword(text: string): void {
  if (text === '' || /["\0]/.test(text))
    throw new RotationError(
      'value-rejected',
      'A password of Oracle is not empty and holds neither double quote nor NUL; it was not sent.',
      { next: 'Exclude the double quote under `password:` in lockstep.yml.' },
    )
}
