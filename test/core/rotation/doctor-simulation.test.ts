import { expect, it } from 'vitest'
import type { AuditEvent } from '../../../core/audit/event.ts'
import type { RotationId, VersionId } from '../../../core/ports/secret-store.ts'
import { repair } from '../../../core/rotation/doctor/doctor.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { emptyReport, explore } from '../../../core/testing/simulation/explore.ts'
import { interleave } from '../../../core/testing/simulation/interleave.ts'
import { type Engine, realEngine, type Scenario, scenarios } from '../../../core/testing/simulation/scenarios.ts'
import { ID, type SimulatedStrategy, type World } from '../../../core/testing/simulation/world.ts'

/** In place of an emergency the doctor comes. */
const engine: Engine = {
  ...realEngine,
  revokeNow: async (...asked) => {
    await repair(...asked)
    return []
  },
}

/** Whoever asks for something has the doctor repair first. */
const doctored: Engine = {
  ...engine,
  rotate: async (...asked) => {
    await repair(...asked)
    return realEngine.rotate(...asked)
  },
  retire: async (...asked) => {
    await repair(...asked)
    return realEngine.retire(...asked)
  },
}

/** Nobody interferes but the faults. Those with edits hold too; they take minutes. */
const faulty = scenarios.filter(({ name, meanwhile }) => !meanwhile && /two rotations|apart|rollback/.test(name))

it.each(faulty)(
  '$name: with a doctor before every request, every promise is kept under every fault',
  async scenario => {
    const report = emptyReport()
    await explore(scenario, doctored, report)
    expect(report.findings.slice(0, 3)).toEqual([])
    expect(report.schedules).toBeGreaterThan(100)
  },
)

/** What the target holds when the doctor comes: a value that nobody knows, or the older one of ours. */
type Held = 'unknown' | 'older'

/** After a rotation on record, so that the next one begins without a look of its own; then a backup comes back. */
function restore(world: World, held: Held): void {
  const older = world.current
  const value = world.value({ ...older, password: world.password() })
  const call = { signal: new AbortController().signal, deadline: Number.POSITIVE_INFINITY, run: {} }
  const move = { rotation: 'first' as RotationId, base: 'm1' as VersionId }
  // in memory these take effect before they answer
  void world.store.putPending(ID, { ...move, value }, call)
  void world.store.promote(ID, move, call)
  void world.store.retirePrevious(ID, move.base, call)
  world.events.push({ event_type: 'secret_rotated', metadata: { rotation_id: 'first' } } as AuditEvent)
  world.clock.advance(2 * 86_400_000)
  world.server.setPassword(older.username, held === 'older' ? older.password : SecretValue.of('from a backup'))
  world.edited = world.excused = world.lost = true
}

const restored = (strategy: SimulatedStrategy, held: Held) => {
  const worlds: World[] = []
  const given = (world: World) => {
    restore(world, held)
    worlds.push(world)
  }
  const scenario: Scenario = { name: `${strategy}: restored, ${held}`, strategy, world: {}, script: [], given }
  return { scenario, worlds }
}

it.each(['single-user', 'alternating-users'] as const)(
  '%s, restored: whole again after the doctor, whatever crashes',
  async strategy => {
    const { scenario, worlds } = restored(strategy, 'unknown')
    await explore(
      { ...scenario, script: [{ ask: 'revokeNow' }, { ask: 'revokeNow', after: 60_000 }] },
      engine,
      emptyReport(),
    )
    expect(worlds.length).toBeGreaterThan(50)
    expect(worlds.filter(world => !world.accepts(world.current)).length).toBe(0)
  },
)

const races = [
  ['single-user', 'unknown'],
  ['single-user', 'older'],
  ['alternating-users', 'unknown'],
] as const

/** Comes once to each world: coming again would mend what the race broke. */
function onlyOnce(): Engine {
  const seen = new WeakSet()
  const revokeNow: Engine['revokeNow'] = async (...asked) => {
    const { policy } = asked[0]
    if (seen.has(policy)) return []
    seen.add(policy)
    return engine.revokeNow(...asked)
  }
  return { ...engine, revokeNow }
}

it.each(races)(
  '%s, target %s: doctor and rotation at once, in every order: current works in the end',
  async (strategy, held) => {
    const { scenario, worlds } = restored(strategy, held)
    const report = emptyReport()
    const workers = [{ ask: 'revokeNow' }, { ask: 'rotate', request: { force: true }, waits: true }] as const
    await interleave({ scenario, workers }, onlyOnce(), report, 2)
    expect(report.findings.slice(0, 3)).toEqual([])
    expect(worlds.length).toBeGreaterThan(50)
    expect(worlds.filter(world => !world.accepts(world.current)).length).toBe(0)
  },
)
