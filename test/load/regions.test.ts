/** The demo of regions: as another program calls it, and with what it must not let pass. */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { retire } from '../../core/rotation/retire.ts'
import { never, rotateSoon } from '../../demo/regions/ask.ts'
import { Board } from '../../demo/regions/board.ts'
import { underLoad } from '../../demo/regions/load.ts'
import { afterPromotion, CUT, firstCopies } from '../../demo/regions/scenes.ts'
import { RegionsStage } from '../../demo/regions/stage.ts'
import { timing } from '../../demo/regions/timing.ts'
import { told } from '../../demo/regions/told.ts'
import { brokenPromises, type RegionShown, type Shown } from '../../demo/regions/verdict.ts'
import { byHand } from '../../demo/request.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { type Ran, runDemo } from './clouds.ts'

const server = requireServer(await startPostgres())
await server?.stop()

/** The demo takes less than 90 s on a machine of its own. */
const LOADED = 3
/** Six clients, each of which makes a few queries per second, for half a minute. */
const FLOOR = 150

const shownIn = ({ out }: Ran): Shown => JSON.parse(out || '{}') as Shown

describe.skipIf(!server)('demo --regions --json', () => {
  let ran: Ran
  let shown: Shown
  beforeAll(async () => {
    ran = await runDemo('--regions', '--json')
    shown = shownIn(ran)
  }, 300_000)

  test('one object: no query failed in any region, everybody shows the same at the end', () => {
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out.trimEnd()).not.toContain('\n')
    expect(shown).toMatchObject({ services: 'fake', latencyMs: 80, drift: 0 })
    expect(shown.seconds).toBeLessThan(90 * LOADED)
    expect(shown.regions.map(({ name }) => name)).toEqual(['eu', 'us', 'ap', 'dc'])
    for (const region of shown.regions) {
      expect(region).toMatchObject({ store: expect.any(String), failedQueries: 0, codes: {} })
      expect(region.queries).toBeGreaterThan(FLOOR)
      expect(region.lagMs).toBeGreaterThanOrEqual(0)
    }
    expect(new Set(shown.regions.map(({ shows }) => shows)).size).toBe(1)
  })

  test('the region that was cut off held the retirement, by name, past the grace', () => {
    const { partition, regions } = shown
    expect(partition).toMatchObject({ duringCut: 'accepted', afterRetirement: 'refused' })
    expect(partition.heldBy).toContain(CUT)
    expect(regions.find(({ name }) => name === CUT)!.longestLagMs).toBeGreaterThan(timing.grace)
  })

  const region = (change: Partial<RegionShown>): Partial<Shown> => ({
    regions: [{ ...shown.regions[0]!, ...change }, ...shown.regions.slice(1)],
  })
  const partition = (change: Partial<Shown['partition']>): Partial<Shown> => ({
    partition: { ...shown.partition, ...change },
  })
  const lead = (change: Partial<Shown['failOver']>): Partial<Shown> => ({ failOver: { ...shown.failOver, ...change } })
  const changes: Readonly<Record<string, () => Partial<Shown>>> = {
    'clients that did nothing': () => region({ queries: 0 }),
    'one failed query': () => region({ failedQueries: 1 }),
    'one member that drifted': () => ({ drift: 1 }),
    'a retirement that another one held': () => partition({ heldBy: 'Consumers may still hold it.' }),
    'a partition within the grace': () => partition({ heldPastGraceMs: 0 }),
    'an old password that died early': () => partition({ duringCut: 'refused' }),
    'an old password that never died': () => partition({ afterRetirement: 'accepted' }),
    'nobody took over': () => lead({ leader: 'eu', epoch: 1 }),
    'a lost worker that acted': () => lead({ lostWorker: 'rotated' }),
    'an old leader that acted': () => lead({ backWorker: 'rotated' }),
    'a rotation that did not reach everybody': () => lead({ reached: 2 }),
  }
  test.each(Object.entries(changes))('would not let pass: %s', (_, change) => {
    expect(brokenPromises({ ...shown, ...change() })).toHaveLength(1)
  })

  test('refuses what does not go together', async () => {
    expect(await runDemo('--regions', '--cloud', 'aws')).toMatchObject({ code: 2, out: '' })
  })
})

test('planted: a retirement that a person releases from the region that is cut off breaks its clients, and no others', {
  timeout: 240_000,
}, async ({ skip }) => {
  const stage = server && (await RegionsStage.open())
  if (!stage) return skip('no PostgreSQL on this machine')
  onTestFinished(() => stage.close())
  const scene = told(stage, new Board(process.stderr, stage.regions))
  await firstCopies(scene)
  const setup = await stage.workers.eu.orders()
  const { counts } = await underLoad(stage.regions, async () => {
    await rotateSoon(afterPromotion(setup, () => stage.lines.cut(CUT)))
    // the sessions of the old login would hold it back too
    const release = byHand({ release: [`follower:${CUT}`, 'sessions'], reason: 'planted' })
    await expect.poll(async () => (await retire(setup, release, never)).outcome, { timeout: 60_000 }).toBe('retired')
  })
  const failed = Object.fromEntries(
    [...counts].map(([name, { failedQueries, codes }]) => [name, { failedQueries, codes }]),
  )
  const { failedQueries } = counts.get(CUT)!
  expect(failedQueries).toBeGreaterThan(0)
  const none = { failedQueries: 0, codes: {} }
  expect(failed).toEqual({ eu: none, us: none, dc: none, [CUT]: { failedQueries, codes: { '28P01': failedQueries } } })
})
