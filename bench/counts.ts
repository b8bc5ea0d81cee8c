/**
 * Counts that no machine changes: logins per rotation, as the server's own log has them, and calls to the store.
 * @module
 */
import type { RotationSetup } from '../core/rotation/setup.ts'
import { Arena, type Strategy, strategies } from './arena.ts'
import { type Result, result } from './result.ts'

const goals: Readonly<Record<Strategy, number>> = { 'single-user': 2, 'alternating-users': 3 }
const ROTATIONS = 4

export async function countLogins(): Promise<Result[]> {
  const arena = await Arena.open({ log_connections: 'on' })
  const logins = () => loginsIn(arena.playground.server.log())
  try {
    const results: Result[] = []
    let refused = 0
    for (const strategy of strategies) {
      const setup = await arena.setup(strategy)
      const counts: number[] = []
      for (let rotation = 0; rotation <= ROTATIONS; rotation++) {
        await arena.prepare(setup)
        const before = logins()
        await arena.rotate(setup)
        const after = logins()
        refused += after.refused - before.refused
        // the first of a secret proves once that its current works
        if (rotation > 0) counts.push(after.attempts - before.attempts)
      }
      results.push(result(`${strategy}: logins per rotation and endpoint`, Math.max(...counts), '', goals[strategy]))
    }
    return [...results, result('logins that a rotation makes to see them fail', refused, '', 0)]
  } finally {
    await arena.close()
  }
}

/** Ours only: the log names the application of an accepted login, and only ours can be refused here. */
export function loginsIn(log: string): { attempts: number; refused: number } {
  const accepted = log.match(/connection authorized: .*application_name=lockstep/g)?.length ?? 0
  const refused = log.match(/FATAL: {2}password authentication failed/g)?.length ?? 0
  return { attempts: accepted + refused, refused }
}

export async function countStoreCalls(arena: Arena): Promise<Result[]> {
  const results: Result[] = []
  for (const strategy of strategies) {
    const setup = await arena.setup(strategy)
    await arena.prepare(setup)
    const { counted, calls } = countingStore(setup)
    await arena.rotate(counted)
    const count = [...calls.values()].reduce((sum, n) => sum + n, 0)
    const which = [...calls].map(([name, n]) => `${n} ${name}`).join(', ')
    results.push(result(`${strategy}: store calls per rotation`, count, `(${which})`))
  }
  return results
}

/** Audit events that go with a change are part of it; the others are calls of their own. */
function countingStore(setup: RotationSetup): { counted: RotationSetup; calls: Map<string, number> } {
  const calls = new Map<string, number>()
  const counting = <T extends object>(from: T, prefix = ''): T =>
    new Proxy(from, {
      get: (_, name) => {
        const member: unknown = Reflect.get(from, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          const called = `${prefix}${String(name)}`
          if (called !== 'audit.mirror') calls.set(called, (calls.get(called) ?? 0) + 1)
          return member.apply(from, args)
        }
      },
    })
  return { counted: { ...setup, store: counting(setup.store), audit: counting(setup.audit, 'audit.') }, calls }
}
