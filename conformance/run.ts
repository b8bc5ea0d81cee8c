/**
 * Runs the conformance suite at one site: which sentences were kept, which were not, and which known gaps are open still.
 * @module
 */
import { storeConformance } from '../core/testing/store-conformance.ts'
import { chanceCases, knownGaps } from './gaps.ts'
import type { Label, Opened, Site } from './site.ts'

export interface Row {
  readonly store: string
  readonly server: string
  readonly label: Label
  readonly passed: number
  readonly failed: number
  /** That are open, as the table says. */
  readonly knownGaps: number
}

export interface Failure {
  readonly store: string
  readonly server: string
  readonly case: string
  readonly says: string
}

export interface Result {
  readonly row: Row
  readonly failures: readonly Failure[]
}

/** `done` hears of each case as it ends. */
export async function runSite(
  site: Site,
  { make }: Opened,
  done: (count: number, of: number) => void,
): Promise<Result> {
  const { store, label, without } = site
  const gaps = knownGaps(store, site.server)
  const chance = chanceCases(store, site.server)
  const possible = storeConformance(make, { without }).map(({ name }) => name)
  const open = gaps.filter(gap => possible.includes(gap))
  const cases = storeConformance(make, { without, knownGaps: open }).filter(({ name }) => !chance.includes(name))
  const server = serverName(site)
  const failures: Failure[] = []
  for (const [index, { name, run }] of cases.entries()) {
    const problem = await run().then(
      () => undefined,
      (error: unknown) => saying(error),
    )
    if (problem !== undefined) failures.push({ store, server, case: name, says: problem })
    done(index + 1, cases.length)
  }
  const closed = failures.filter(failure => open.includes(failure.case)).length
  const stillOpen = open.length - closed
  const row = { store, server, label, passed: cases.length - stillOpen - failures.length, failed: failures.length }
  return { row: { ...row, knownGaps: stillOpen }, failures }
}

export const serverName = ({ server, mode }: Site): string => (mode === undefined ? server : `${server}, ${mode}`)

/** The first line; what the suite throws names no value. */
const saying = (error: unknown): string => String(Object(error).message ?? error).split('\n', 1)[0]!
