/**
 * What people read at the end of a run.
 * @module
 */
import { gaps, leftToChance } from './gaps.ts'
import type { Result } from './run.ts'

const HEAD = ['STORE', 'SERVER', 'LABEL', 'PASSED', 'FAILED', 'KNOWN GAPS']

export function reportText(
  results: readonly Result[],
  unavailable: readonly { readonly server: string; readonly why: string }[],
): string {
  const rows = results.map(({ row }) =>
    [row.store, row.server, row.label, row.passed, row.failed, row.knownGaps].map(String),
  )
  const failures = results.flatMap(each => each.failures)
  return [
    aligned([HEAD, ...rows]),
    ...section(
      'Failed',
      failures.map(each => `${each.store} at ${each.server}: ${each.case}\n    ${each.says}`),
    ),
    ...section('Known gaps', gapLines(results)),
    ...section(
      'Not run',
      unavailable.map(({ server, why }) => `${server}: ${why}`),
    ),
    'A row says what it ran on: fake is our own, emulator is other people’s, and neither is the service.',
    '',
  ].join('\n')
}

/** Those of the stores and servers that were run. */
function gapLines(results: readonly Result[]): readonly string[] {
  const ran = (store: string, server: string | undefined) =>
    results.some(({ row }) => row.store === store && (server === undefined || row.server.startsWith(server)))
  return [...gaps, ...leftToChance]
    .filter(({ store, server }) => ran(store, server))
    .map(({ store, server, reason, cases }) => {
      const where = server === undefined ? store : `${store} at ${server}`
      return [`${where}: ${reason}`, ...cases.map(name => `    ${name}`)].join('\n')
    })
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...lines.map(line => `  ${line}`), '']

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return `${rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`
}
