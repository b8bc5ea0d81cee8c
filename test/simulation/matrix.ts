// `docs/crash-matrix.md`: made from a full simulation of every store that is a service. Counts are the same in every run.

import { readFileSync } from 'node:fs'
import type { Cell } from './common/cells.ts'
import type { Hunted, Played, Simulated, Simulation } from './common/simulate.ts'
import { simulatedStores } from './stores.ts'

export const MATRIX = new URL('../../docs/crash-matrix.md', import.meta.url)

const HEAD = `# Crash matrix

What the crash simulator has played over each store that is a service: the real engine and the real adapter, our fake of the
service ([what is fake](stores.md#what-was-run-where)), a target in memory, a virtual clock. Nothing here ran on a cloud. Made by
\`node scripts/write-matrix.ts\`, in about half an hour; \`npm run simulate\` plays the same and fails if a promise is broken.

A *schedule* is one run of a scenario with one thing going wrong: at **every** request of the adapter to its service, every call to the
target, and every record, the process dies before or after it took effect, its answer is lost, it fails, it lands later, or a read
shows an older state; some with two such faults, or with one beside a person's edit at each call. *Two at once* are two processes
in every order of their calls up to two switches that nobody asked for, or one that sleeps at each of its calls while others do everything.

What a schedule must keep are the six promises of the [protocol](protocol.md), looked at after every call: no lock-out (1), no broken
consumer (2), it converges, with one value (3), nothing of others is touched (4), no value leaves (5), every attempt is on record (6).
`

const UNFENCED = `1, 5 and 6 in every schedule, and 2 to 4 but where the publication lands on what somebody has put since the adapter
last looked, directly before. So many schedules have met that and shown it in one of 2 to 4; anywhere else it would count as broken.`

const keptOn: Readonly<Record<Simulated['publish'], string>> = {
  fenced:
    'Publication is fenced ([what that means](stores.md#what-a-promotion-is-worth)): all six promises, in every schedule.',
  reported: `Publication is reported, not fenced ([what that means](stores.md#what-a-promotion-is-worth)): ${UNFENCED}`,
  blind: `Publication is blind ([what that means](stores.md#what-a-promotion-is-worth)): ${UNFENCED} Counted with them: a
retirement that was shown an older version of current than a person had just put.`,
}

const promised = new Map(
  simulatedStores.map(({ store, publish, known = [] }) => [
    store,
    `${keptOn[publish]}${known.length > 0 ? ' Cells that are known to be broken still say why.' : ''}`,
  ]),
)

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const number = (count: number): string => count.toLocaleString('en-US')

const knownOf = (one: Played): string | undefined =>
  simulatedStores
    .find(({ store }) => store === one.store)!
    .known?.find(({ strategy, name }) => strategy === one.strategy && name === one.name)?.why

const keeps = (one: Played): string => {
  const { violations, weaker } = one
  if (violations > 0) return `**broken in ${number(violations)}**: ${knownOf(one) ?? 'unknown'}`
  return weaker > 0 ? `1, 5, 6; 2 to 4 but in ${number(weaker)}` : '1 to 6'
}

export function matrixPage(simulations: readonly Simulation[]): string {
  const sections = simulations.map(({ store, cells, schedules, planted }) =>
    [
      `## ${store}`,
      '',
      promised.get(store)!,
      '',
      row('strategy', 'started by', 'what is played', 'schedules', 'keeps'),
      '|---|---|---|---|---|',
      ...cells.map(cell => row(cell.strategy, cell.trigger, cell.name, number(cell.schedules), keeps(cell))),
      row('all', '', '', number(schedules), ''),
      '',
      'Bugs that were planted into the adapter, each of which must be found:',
      '',
      row('bug', 'found by'),
      '|---|---|',
      ...planted.map(({ name, by }) => row(name, by ?? '**nothing**')),
    ].join('\n'),
  )
  return `${[HEAD, ...sections].join('\n\n')}\n`.replace('\n\n\n', '\n\n')
}

interface Counted {
  readonly schedules: number
  readonly weaker: number
  readonly violations: number
}

const keyOf = (store: string, { strategy, trigger, name }: Pick<Cell, 'strategy' | 'trigger' | 'name'>): string =>
  [store, strategy, trigger, name].join(' | ')

/** What is published of each cell and of each bug, as simulations that would make the same page. */
export function published(page: string = readFileSync(MATRIX, 'utf8')): readonly Simulation[] {
  const counts = new Map<string, Counted>()
  const bugs = new Map<string, string>()
  let store = ''
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) store = line.slice(3)
    const cells = line.startsWith('| ') ? line.slice(2, -2).split(' | ') : []
    if (cells.length === 2) bugs.set(`${store} | ${cells[0]}`, cells[1]!)
    if (cells.length !== 5) continue
    const [, , , schedules = '', kept = ''] = cells
    const plain = (text: string | undefined) => Number((text ?? '0').replaceAll(',', ''))
    counts.set([store, ...cells.slice(0, 3)].join(' | '), {
      schedules: plain(schedules),
      violations: plain(/broken in ([\d,]+)/.exec(kept)?.[1]),
      weaker: plain(/but in ([\d,]+)/.exec(kept)?.[1]),
    })
  }
  return simulatedStores.map(simulated => asPublished(simulated, counts, bugs))
}

function asPublished(
  { store, cells, planted }: Simulated,
  counts: ReadonlyMap<string, Counted>,
  bugs: ReadonlyMap<string, string>,
): Simulation {
  const made = cells.map((cell): Played => {
    const { strategy, trigger, name } = cell
    const counted = counts.get(keyOf(store, cell)) ?? { schedules: 0, violations: 0, weaker: 0 }
    return { ...{ store, ran: 'fake', strategy, trigger, name, findings: [] }, ...counted }
  })
  const hunted = planted.map(({ name }): Hunted => {
    const by = bugs.get(`${store} | ${name}`)
    return { name, found: by !== undefined, ...(by !== undefined && { by }) }
  })
  const sum = (count: (one: Played) => number) => made.reduce((total, one) => total + count(one), 0)
  return {
    ...{ store, cells: made, planted: hunted, findings: [], codes: [] },
    schedules: sum(({ schedules }) => schedules),
    violations: sum(({ violations }) => violations),
    weaker: sum(({ weaker }) => weaker),
  }
}
