/**
 * The end of the demo for people: a table, and one sentence per row.
 * @module
 */
import Table from 'cli-table3'
import colors from 'picocolors'
import { quick } from './playground.ts'
import type { Shown } from './verdict.ts'

const sentences: Readonly<Record<string, string>> = {
  'single-user': `One login, one password: clients fail until their cache (${quick.refresh} ms) is refreshed.`,
  'single-user, re-read':
    'The same, but a refused client reads the secret again at once: what is left is the gap, and its own pause.',
  'alternating-users': 'Two logins in turn: the old one stays valid until every cache is refreshed. Nobody notices.',
}

/** Of scenes, by `cells`. */
export const scenesTable = (): Table.Table =>
  new Table({
    head: ['', 'rotations', 'queries', 'failed', 'longest gap', 'what it means'],
    colWidths: [26, 11, 9, 8, 13, 60],
    wordWrap: true,
    style: { head: [], border: [] },
  })

export function asTable({ strategies, killedWorker, retirement, rollback, seconds }: Shown): string {
  const table = scenesTable()
  for (const row of strategies) table.push(cells(row.name, row.rotations, row, sentences[row.name]!))
  const { rotation, sameRotation, pendingFingerprint, sameValue, finishedFingerprint } = killedWorker
  const same = (holds: boolean) => (holds ? 'the same' : colors.red('ANOTHER'))
  table.push(
    cells(
      'worker killed (SIGKILL)',
      1,
      killedWorker,
      `Died after the new password was at the server. The rerun finished ${same(sameRotation)} rotation (${rotation.slice(0, 11)}…) with ${same(sameValue)} value (${pendingFingerprint}, ${finishedFingerprint}).`,
    ),
    cells(
      'retirement',
      0,
      retirement,
      `The old password, ${retirement.before} during its grace, is now ${retirement.after} by the server.`,
    ),
    cells(
      'rollback',
      1,
      rollback,
      `Forward (${rollback.fingerprintRotated}) and back to the value from before (${rollback.fingerprintAfter}); both are still ${rollback.rolledBackFrom}.`,
    ),
  )
  return `${table.toString()}\n20 clients, a new connection for every query, real PostgreSQL, ${seconds} s.`
}

export const cells = (
  name: string,
  rotations: number,
  { queries, failedQueries, longestGapMs }: { queries: number; failedQueries: number; longestGapMs: number },
  sentence: string,
) => [
  name,
  String(rotations),
  String(queries),
  failedQueries === 0 ? colors.green('0') : colors.yellow(String(failedQueries)),
  failedQueries === 0 ? '-' : `${longestGapMs} ms`,
  sentence,
]
