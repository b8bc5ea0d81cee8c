/** The demo on Google Cloud: as another program calls it, and with what it must not let pass. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { retire } from '../../core/rotation/retire.ts'
import { editAtPublication } from '../../demo/cloud/scenes.ts'
import { brokenPromises, type Shown } from '../../demo/cloud/verdict.ts'
import { openGcpSite } from '../../demo/gcp/site.ts'
import { byHand, rotateWhenAllowed } from '../../demo/request.ts'
import { Requests } from '../../gcp/requests.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { changes, type Ran, runDemo, shownIn, stageOf } from './clouds.ts'

const server = requireServer(await startPostgres())
await server?.stop()
const never = new AbortController().signal

describe.skipIf(!server)('demo --cloud gcp --json', () => {
  let ran: Ran
  let shown: Shown
  beforeAll(async () => {
    ran = await runDemo('--cloud', 'gcp', '--json')
    shown = shownIn(ran)
  }, 150_000)

  test('one object, every promise kept, both ways to read, labelled fake', () => {
    expect(ran.code, ran.err).toBe(0)
    expect(ran.out.trimEnd()).not.toContain('\n')
    expect(shown).toMatchObject({ service: 'fake', lagMs: 400 })
    expect(shown.seconds).toBeLessThan(90)
    const [alias, latest] = shown.played
    expect(alias).toMatchObject({
      site: 'gcp alias',
      killedWorker: { signal: 'SIGKILL', publishedAtDeath: false, sameRotation: true, sameValue: true },
      editAtPublication: { outcome: 'kept' },
    })
    expect(alias!.strategies.map(({ name }) => name)).toEqual([
      'single-user',
      'single-user, re-read',
      'alternating-users',
    ])
    expect(alias!.strategies[0]!.failedQueries).toBeGreaterThan(0)
    expect(latest).toMatchObject({
      site: 'gcp latest',
      killedWorker: { signal: 'SIGKILL', publishedAtDeath: true, sameRotation: true, sameValue: true },
      editAtPublication: { outcome: 'reported', versionLeft: true },
    })
  })

  test.each(Object.entries(changes))('would not let pass: %s', (_, change) => {
    for (const each of shown.played)
      expect(brokenPromises({ lagMs: shown.lagMs, played: [{ ...each, ...change(each) }] })).toHaveLength(1)
  })
})

test('planted: a lag that the configuration does not know is seen to break clients', { timeout: 60_000 }, async ({
  skip,
}) => {
  const stage = await stageOf(() => openGcpSite('alias', 1_500), skip)
  await sleep(1_600) // until the secrets are shown at all
  const setup = await stage.setup('orders')
  const { counts } = await stage.fleet.during({ secret: 'orders', refresh: stage.timing.refresh }, async () => {
    await rotateWhenAllowed(setup)
    await sleep(stage.timing.grace)
    // the sessions of the old login would hold it back: released, as a person could
    const { outcome } = await retire(setup, byHand({ release: 'sessions', reason: 'planted' }), never)
    expect(outcome).toBe('retired')
  })
  expect(counts.failedQueries).toBeGreaterThan(0)
  expect(counts.codes).toEqual({ '28P01': counts.failedQueries })
})

test('planted: the alias patched without its etag loses an edit, which is seen', { timeout: 60_000 }, async ({
  skip,
}) => {
  const stage = await stageOf(() => openGcpSite('alias', 0), skip)
  const update = Requests.prototype.update
  vi.spyOn(Requests.prototype, 'update').mockImplementation(function (this: Requests, id, seen, ...rest) {
    return update.call(this, id, { ...seen, etag: '' }, ...rest)
  })
  try {
    expect((await editAtPublication(stage, 'orders')).outcome).toBe('not seen')
  } finally {
    vi.restoreAllMocks()
  }
})
