/**
 * A leader and followers: every part, over the real engine, with its schedules counted.
 * @module
 */
import { emptyReport, type Report } from '../explore.ts'
import type { SimulatedStrategy } from '../world.ts'
import { everything, exploreFaults, exploreMeetings, exploreTroubles, type Played, type Strides } from './explore.ts'
import type { PlantedInRegions } from './planted.ts'
import { meetings } from './races.ts'
import { failsOver, realRegionsEngine, rotates, rotatesTwice, skewed, skews, strategies } from './scenarios.ts'

export interface RegionsPart {
  readonly strategy: SimulatedStrategy
  readonly name: string
  readonly play: (played: Played, strides: Strides) => Promise<void>
}

/** What `docs/crash-matrix.md` has a line for. */
export const regionsParts: readonly RegionsPart[] = strategies.flatMap(strategy => [
  {
    strategy,
    name: 'a fault at every call',
    play: async (played, strides) => {
      for (const scenario of [rotates(strategy), failsOver(strategy)]) await exploreFaults(played, scenario, strides)
      await exploreFaults(played, rotatesTwice(strategy), {
        ...strides,
        faults: strides.faults * 5,
        pairs: strides.pairs * 5,
      })
    },
  },
  {
    strategy,
    name: 'a member or the register in trouble from every call on, and a crash beside it',
    play: (played, strides) => exploreTroubles(played, rotates(strategy), strides),
  },
  {
    strategy,
    name: 'a follower’s clock is wrong',
    play: async (played, strides) => {
      for (const by of skews)
        await exploreFaults(played, skewed(strategy, by), { ...strides, pairs: Number.POSITIVE_INFINITY })
    },
  },
  {
    strategy,
    name: 'a fail-over, another worker or another operator at every call',
    play: async (played, strides) => {
      for (const meeting of meetings(strategy)) await exploreMeetings(played, meeting, strides)
    },
  },
])

export interface RegionsPlayed {
  readonly part: RegionsPart
  readonly report: Report
}

export async function simulateRegions(
  strides: Strides,
  progress: (played: RegionsPlayed) => void = () => {},
): Promise<readonly RegionsPlayed[]> {
  const all: RegionsPlayed[] = []
  for (const part of regionsParts) {
    const report = emptyReport()
    await part.play({ engine: realRegionsEngine, report }, strides)
    all.push({ part, report })
    progress({ part, report })
  }
  return all
}

/** Whether a planted bug breaks a promise where it is looked for. */
export async function huntInRegions({ name, engine, where: [strategy, within] }: PlantedInRegions): Promise<Hunted> {
  const report = emptyReport()
  const played: Played = { engine, report, first: true }
  const part = regionsParts.find(each => each.strategy === strategy && each.name.includes(within))
  if (part) await part.play(played, hunting)
  else
    for (const meeting of meetings(strategy as SimulatedStrategy).filter(({ scenario }) =>
      scenario.name.includes(within),
    ))
      await exploreMeetings(played, meeting, hunting)
  const [finding] = report.findings
  if (!finding) return { name, found: false }
  return { name, found: true, by: `${finding.promise} ${finding.what} (${finding.scenario}: ${finding.schedule})` }
}

/** Without pairs of faults, and without a crash beside trouble. */
const never = Number.POSITIVE_INFINITY
const hunting: Strides = { ...everything, pairs: never, crashesInTrouble: never }

export interface Hunted {
  readonly name: string
  readonly found: boolean
  readonly by?: string
}
