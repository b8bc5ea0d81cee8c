// A process that sleeps while another one has brought its value and is gone: what it brings itself has lost, and what it sets
// and promotes must be the other's.

import type { Sleep } from '../../../core/testing/simulation/interleave.ts'
import { type Action, realEngine } from '../../../core/testing/simulation/scenarios.ts'
import type { SimulatedStrategy } from '../../../core/testing/simulation/world.ts'

const strategies: readonly SimulatedStrategy[] = [
  'single-user',
  'alternating-users',
  'dual-password',
  'issue-then-revoke',
]

/** A rotation that ends where it would touch the target, or prove at an issuer what it has brought. */
const bringAndDie: Action = {
  ask: 'rotate',
  async perform({ world, hub }, spawn) {
    const worker = spawn()
    worker.gate = async call => {
      const pending = world.store.peek('app').pending !== undefined
      if (pending && call.startsWith('target.')) worker.die()
    }
    const run = realEngine.rotate(world.setup(hub, worker), world.request(), new AbortController().signal)
    await Promise.race([run.catch(() => undefined), worker.died])
    return []
  },
}

export const moreSleeps: readonly Sleep[] = strategies.map(strategy => ({
  scenario: {
    name: `${strategy}: a rotation sleeps while another brings a value and dies`,
    strategy,
    world: {},
    script: [],
  },
  sleeper: { ask: 'rotate' },
  meanwhile: [bringAndDie],
}))
