/** The demo on Azure: as another program calls it, and with what it must not let pass. */
import { beforeAll, describe, expect, test } from 'vitest'
import { nearExpiry } from '../../demo/azure/near-expiry.ts'
import { openAzureSite } from '../../demo/azure/site.ts'
import { brokenPromises, type Shown } from '../../demo/cloud/verdict.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { changes, type Ran, runDemo, shownIn, stageOf } from './clouds.ts'

const server = requireServer(await startPostgres())
await server?.stop()

describe.skipIf(!server)('demo --cloud azure --json', () => {
  let ran: Ran
  let shown: Shown
  beforeAll(async () => {
    ran = await runDemo('--cloud', 'azure', '--json')
    shown = shownIn(ran)
  }, 120_000)

  test('one object, every promise kept, labelled fake', () => {
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out.trimEnd()).not.toContain('\n')
    expect(shown).toMatchObject({ service: 'fake', lagMs: 400 })
    expect(shown.seconds).toBeLessThan(60)
    expect(shown.played).toMatchObject([
      {
        site: 'azure',
        killedWorker: { signal: 'SIGKILL', publishedAtDeath: true, sameRotation: true, sameValue: true },
        editMeanwhile: { outcome: 'kept' },
        editAtPublication: { outcome: 'not seen', versionLeft: true },
        nearExpiry: { rotations: 1, days: 6 },
      },
    ])
    expect(shown.played[0]!.strategies[0]!.failedQueries).toBeGreaterThan(0)
  })

  const all: typeof changes = {
    ...changes,
    'a loop of near-expiry events': () => ({ nearExpiry: { days: 6, events: 24, rotations: 24, validityDays: 20 } }),
    'no near-expiry event at all': () => ({ nearExpiry: { days: 6, events: 0, rotations: 1, validityDays: 37 } }),
  }
  test.each(Object.entries(all))('would not let pass: %s', (_, change) => {
    const [played] = shown.played
    expect(brokenPromises({ lagMs: shown.lagMs, played: [{ ...played!, ...change(played!) }] })).toHaveLength(1)
  })
})

test('planted: an expiry carried over as it was loops, which is seen', { timeout: 60_000 }, async ({ skip }) => {
  const stage = await stageOf(clock => openAzureSite(0, clock.now), skip)
  const shown = await nearExpiry(stage, 'reports', setup => {
    const { store } = setup
    const promote: typeof store.promote = async (...args) => {
      const done = await store.promote(...args)
      const exp = Math.floor(stage.clock.now() / 1_000) + 20 * 86_400
      stage.site.vault.service.updateAsPerson('reports', { exp })
      return done
    }
    const near = new Proxy(store, {
      get: (_, name) => {
        if (name === 'promote') return promote
        const member: unknown = Reflect.get(store, name)
        return typeof member === 'function' ? member.bind(store) : member
      },
    })
    return { ...setup, store: near }
  })
  expect(shown.rotations).toBeGreaterThan(3)
})
