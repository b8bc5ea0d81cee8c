/**
 * Which servers these statements may be sent to. A statement that a server cannot read is shown in full in its statistics and logs, with
 * its passwords: so none is sent to one that would not understand it.
 * @module
 */
import { RotationError } from '../../errors.ts'

/** MariaDB, or older than 8.0.14: `unsupported`. */
export function requireMysql(version: string, at: string): void {
  if (!/mariadb/i.test(version) && atLeast(version, [8, 0, 14])) return
  throw notMysql(at)
}

export const notMysql = (at: string, foreign?: string): RotationError =>
  new RotationError('unsupported', 'The server is not MySQL 8.0.14 or later.', {
    at,
    foreign,
    next: 'For MariaDB use the target kind `mariadb`; upgrade an older MySQL.',
  })

/** Parts that are no numbers, as in Aurora's own versions, are taken for enough. */
export function atLeast(version: string, least: readonly number[]): boolean {
  const found = version.split(/[.-]/, 3).map(Number)
  const differing = least.findIndex((part, i) => found[i] !== part)
  return differing === -1 || !(found[differing]! < least[differing]!)
}
