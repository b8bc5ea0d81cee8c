// The part of `docs/crash-matrix.md` about a leader and followers: made from a full simulation of them. Counts are the same in every run.

import { plantedInRegions } from '../../core/testing/simulation/regions/planted.ts'
import { type Hunted, type RegionsPart, regionsParts } from '../../core/testing/simulation/regions/simulate.ts'

export const HEADING = '## leader and followers'

const HEAD = `${HEADING}

A leader and three followers, each over a store in memory of its own, and the register of who leads over a fifth; the real engine, no
adapter. Two followers are waited for, of which one has a store that fences no publication; the third is not. Made by
\`node scripts/write-matrix.ts regions\`, in some minutes. **Every** call to every store, to the register, to the target and to the record
has a number of its own, and meets: a process that dies before or after it, an answer that is lost, a failure, an effect that lands later, an
older state; each request sent twice; a member or the register that is down, slow, read-only, throttled, cut off or back from a backup,
alone and beside a crash; a fail-over, a second worker or a second operator, whole or up to each of its own calls, while the first
process stands there and then goes on, or dies with its region.

Kept in every schedule, looked at after every change: some member that is waited for holds what authenticates, and with one password each of
them does (1); what consumers of **every** region are shown, or have read within their refresh time, authenticates, and the old credential ends
after all that are waited for had the new one (2); one value for each place in the order of versions, one leader for each epoch, no way back to
an earlier copy, as many rotations as were asked for, and all members show one value once the trouble is over (3); no value in an error or a
record (5); each rotation and each fail-over is on record (6).

Where no store could do better, and what is therefore not counted as broken:

- Consumers of a follower that nobody waits for may hold a credential that a retirement has rightly ended, until it is brought up.
- Consumers of a follower that came back from a backup read what the backup holds, until the next run looks.
- A follower whose store fences nothing may show an earlier copy that lands late, until the next run looks.
- The grace of a region's consumers counts from when its own store says that it showed the new value: that store's clock may be wrong by the
  difference between the grace and the refresh time of consumers, not by more. Played with two thirds of it, slow and fast.
- A follower that is made the leader with \`--accept-older\` takes all regions back to an older value, which the target still accepts. Where
  it never had the version that was lost, the second password or the key of that one is not ended by a retirement (not played).
- A fail-over whose process dies before its record, and that another fail-over follows at once, is on record only as the \`from\` of that one.`

export interface PartCount {
  readonly part: Pick<RegionsPart, 'strategy' | 'name'>
  readonly schedules: number
  /** Schedules in which a promise was broken. */
  readonly violations: number
}

export interface RegionsMatrix {
  readonly parts: readonly PartCount[]
  readonly planted: readonly Hunted[]
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const number = (count: number): string => count.toLocaleString('en-US')

export function regionsSection({ parts, planted }: RegionsMatrix): string {
  const total = parts.reduce((sum, { schedules }) => sum + schedules, 0)
  const kept = ({ violations }: PartCount) => (violations > 0 ? `**broken in ${number(violations)}**` : 'all')
  return [
    HEAD,
    '',
    row('strategy', 'what is played', 'schedules', 'keeps'),
    '|---|---|---|---|',
    ...parts.map(one => row(one.part.strategy, one.part.name, number(one.schedules), kept(one))),
    row('all', '', number(total), ''),
    '',
    'Bugs that were planted into what leads and follows, each of which must be found:',
    '',
    row('bug', 'found by'),
    '|---|---|',
    ...planted.map(({ name, by }) => row(name, by ?? '**nothing**')),
    '',
  ].join('\n')
}

/** What is published of each part and bug of today. */
export function publishedRegions(page: string): RegionsMatrix {
  const rows = new Map<string, readonly string[]>()
  for (const line of page.slice(page.indexOf(HEADING)).split('\n')) {
    const cells = line.startsWith('| ') ? line.slice(2, -2).split(' | ') : []
    if (cells.length === 4) rows.set(`${cells[0]}: ${cells[1]}`, cells.slice(2))
    if (cells.length === 2) rows.set(cells[0]!, cells.slice(1))
  }
  const plain = (text: string | undefined) => Number((text ?? '0').replaceAll(',', ''))
  return {
    parts: regionsParts.map(({ strategy, name }) => {
      const [schedules, keeps = ''] = rows.get(`${strategy}: ${name}`) ?? []
      const violations = plain(/broken in ([\d,]+)/.exec(keeps)?.[1])
      return { part: { strategy, name }, schedules: plain(schedules), violations }
    }),
    planted: plantedInRegions.map(({ name }) => {
      const by = rows.get(name)?.[0]
      return { name, found: by !== undefined, ...(by !== undefined && { by }) }
    }),
  }
}
