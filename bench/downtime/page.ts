/**
 * Rows for people: on the screen, and in `docs/downtime.md`.
 * @module
 */
import Table from 'cli-table3'
import { CACHE, CLIENTS, type EngineName, engines, GRACE, type Measured, type Row } from './row.ts'

const count = (number: number): string => number.toLocaleString('en')

/** What is the same for every row of an engine stands above its table. */
const columns: readonly (readonly [string, (row: Row) => string])[] = [
  ['strategy', row => row.strategy],
  ['overlap', row => row.overlap],
  ['consumer', row => row.consumer],
  ['rotations', row => count(row.rotations)],
  ['queries', row => count(row.queries)],
  ['failed', row => (row.failedQueries === 0 ? '0' : `**${count(row.failedQueries)}**`)],
  ['longest gap', row => (row.failedQueries === 0 ? 'none' : `${count(row.longestGapMs)} ms`)],
  ['slowest query', row => `${count(row.slowestQueryMs)} ms`],
]
const heads = columns.map(([head]) => head)
const cells = (row: Row): string[] => columns.map(([, cell]) => cell(row))

export function asTable(rows: readonly Row[]): string {
  const table = new Table({ head: ['server', '', ...heads], style: { head: [], border: [] } })
  for (const row of rows)
    table.push([`${row.engine} ${row.version}`, row.label, ...cells(row).map(text => text.replaceAll('*', ''))])
  return table.toString()
}

const titles: Readonly<Record<EngineName, string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  redis: 'Redis',
  valkey: 'Valkey',
  mongodb: "MongoDB's protocol",
}

const ofIoredis =
  'Here `single-user` is `requirepass`. The pool is one of `ioredis`, which gives the refusal of a login to whoever waits in it: where one\ncredential takes the place of the other, it can fail too.'

/** Below the table. */
const notes: Readonly<Partial<Record<EngineName, string>>> = {
  redis: ofIoredis,
  valkey: ofIoredis,
  mongodb:
    'The server is FerretDB, to which a login is dear: connections live longer here, ten queries instead of four.',
}

export function downtimePage({ rows, machine }: Measured): string {
  const sections = engines.map(({ engine }) => section(rows.filter(row => row.engine === engine)))
  return `${intro(rows)}
${sections.join('\n')}
Measured on ${machine.cores} cores with Node.js ${machine.node.slice(1)}; the load of the machine was ${machine.loadBefore} before and ${machine.loadAfter} after
(its cores are all at work at a load of ${machine.cores}); the measurement itself is a part of that. How long a gap is depends on it; that there is none
where two credentials are valid does not.
`
}

function section(rows: readonly Row[]): string {
  const [first] = rows
  if (!first) return ''
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |\n`
  const label = first.label === 'protocol' ? ' (*protocol*)' : ''
  return `## ${titles[first.engine]}: ${first.version}${label}

${line(heads)}|${'---|'.repeat(heads.length)}
${rows.map(cells).map(line).join('')}${notes[first.engine] === undefined ? '' : `\n${notes[first.engine]}\n`}`
}

function intro(rows: readonly Row[]): string {
  const sum = (of: readonly Row[], what: (row: Row) => number) => of.reduce((total, row) => total + what(row), 0)
  const bothValid = rows.filter(({ overlap }) => overlap === 'both-valid')
  const retried = rows.filter(({ overlap, consumer }) => overlap === 'gap' && consumer === 'client')
  const shown = (of: readonly Row[]) =>
    `**${count(sum(of, row => row.failedQueries))} of ${count(sum(of, row => row.queries))}** queries`
  return `# What consumers feel of a rotation

Made by \`node scripts/write-downtime.ts\`, in some minutes; \`npm run bench -- downtime\` measures the same and changes no file. Real servers,
the real engine, the local store. *Protocol*: FerretDB, which speaks MongoDB's protocol and is not MongoDB.

Three times ${CLIENTS} clients use a secret while it is rotated and the old credential is retired, again and again. Each opens a new connection
every few queries, because a rotation is felt by new connections only:

- \`naive\` reads the secret, uses what it read for ${CACHE} ms, and counts a failure when a login is refused;
- \`client\` logs in through \`withCredential\` of [\`lockstep/client\`](client.md), which reads again and tries again; each client has its own cache of ${CACHE} ms;
- \`pool\` is one pool for the whole time that follows the secret ([\`lockstep/client\`](client.md)), with ${CLIENTS} callers.

The grace is ${count(GRACE)} ms: longer than any cache, as [it must be](protocol.md). Where old and new are valid at the same time (\`both-valid\`),
${shown(bothValid)} failed. With one credential (\`gap\`), who does not try again fails from the change at the server until its
cache is refreshed: *longest gap* is the longest time in which every query of one client failed. With \`client\`, ${shown(retried)}
failed there too: the gap is what its *slowest query* waited.
`
}
