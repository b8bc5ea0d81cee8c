/**
 * The contract of a secret store, one case a sentence, for any test runner: `for (const { name, run } of cases) test(name, run)`.
 * A store of one's own supplies a fixture; what it cannot supply it declares in `without`, and which sentences it does not
 * keep in `knownGaps`: nothing passes by absence, and a gap that has closed fails until it is struck off the list.
 * @module
 */
import { bookkeepingCases } from './store-conformance/bookkeeping.ts'
import { editCases } from './store-conformance/edits.ts'
import { faultCases } from './store-conformance/faults.ts'
import { Bench, type StoreFeature, type StoreFixture } from './store-conformance/fixture.ts'
import { pendingCases } from './store-conformance/pending.ts'
import { promoteCases } from './store-conformance/promote.ts'
import { readingCases } from './store-conformance/reading.ts'
import { retireCases } from './store-conformance/retire.ts'

export type { StoreFeature, StoreFixture } from './store-conformance/fixture.ts'

export interface StoreCase {
  readonly name: string
  run(): Promise<void>
}

export interface StoreConformanceOptions {
  /** What the fixture cannot supply: the cases that need it are left out. */
  readonly without?: readonly StoreFeature[]
  /** Names of cases that this store fails, and its documentation admits. */
  readonly knownGaps?: readonly string[]
}

const allCases = [
  ...readingCases,
  ...pendingCases,
  ...promoteCases,
  ...retireCases,
  ...editCases,
  ...bookkeepingCases,
  ...faultCases,
]

/** Each case makes a fixture of its own and closes it. */
export function storeConformance(
  make: () => Promise<StoreFixture>,
  { without = [], knownGaps = [] }: StoreConformanceOptions = {},
): readonly StoreCase[] {
  const unknown = knownGaps.filter(gap => !allCases.some(({ name }) => name === gap))
  if (unknown.length > 0) throw new Error(`No such conformance case: ${unknown.join('; ')}`)
  return allCases
    .filter(({ needs }) => !needs.some(feature => without.includes(feature)))
    .map(({ name, check }) => ({
      name,
      run: () => (knownGaps.includes(name) ? mustFail(name, () => inBench(make, check)) : inBench(make, check)),
    }))
}

async function inBench(make: () => Promise<StoreFixture>, check: (bench: Bench) => Promise<void>): Promise<void> {
  const fixture = await make()
  try {
    await check(new Bench(fixture))
  } finally {
    await fixture.close?.()
  }
}

/** For suites whose fixtures admit gaps. */
export async function mustFail(name: string, run: () => Promise<void>): Promise<void> {
  const kept = await run().then(
    () => true,
    () => false,
  )
  if (kept) throw new Error(`"${name}" is kept now: strike it off the known gaps.`)
}
