/**
 * The contract of a register of leaders, one case a sentence, for any test runner: `for (const { name, run } of cases) test(name, run)`.
 * What a fixture cannot supply it declares in `without`: nothing passes by absence.
 * @module
 */
import type { ConformanceCase } from './conformance.ts'
import { Bench, type Case, type RegisterFeature, type RegisterFixture } from './register-conformance-bench.ts'
import { faultCases } from './register-conformance-faults.ts'
import { swapCases } from './register-conformance-swaps.ts'
import { mustFail } from './store-conformance.ts'

export type { HeldRegister, RegisterFeature, RegisterFixture } from './register-conformance-bench.ts'

export interface RegisterConformanceOptions {
  /** What the fixture cannot supply: the cases that need it are left out. */
  readonly without?: readonly RegisterFeature[]
  /** Names of cases that this register fails, and its documentation admits: one that has closed fails until it is struck off. */
  readonly knownGaps?: readonly string[]
}

/** Each case makes a fixture of its own and closes it. */
export function registerConformance(
  make: () => Promise<RegisterFixture>,
  { without = [], knownGaps = [] }: RegisterConformanceOptions = {},
): readonly ConformanceCase[] {
  const unknown = knownGaps.filter(gap => !all.some(({ name }) => name === gap))
  if (unknown.length > 0) throw new Error(`No such conformance case: ${unknown.join('; ')}`)
  return all
    .filter(({ needs }) => !needs.some(feature => without.includes(feature)))
    .map(({ name, check }) => ({
      name,
      run: () => (knownGaps.includes(name) ? mustFail(name, () => inBench(make, check)) : inBench(make, check)),
    }))
}

const all: readonly Case[] = [...swapCases, ...faultCases]

async function inBench(make: () => Promise<RegisterFixture>, check: Case['check']): Promise<void> {
  const fixture = await make()
  try {
    await check(new Bench(fixture))
  } finally {
    await fixture.close?.()
  }
}
