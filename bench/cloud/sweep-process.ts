/**
 * A process that sweeps a fleet as a function does; started by `sweep.ts`. Answers what it found and what it needed.
 * @module
 */
import { loadConfig } from '../../core/config/load.ts'
import { sweep } from '../../core/fleet/sweep.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { openStore } from '../../demo/cloud/driven.ts'

export interface Asked {
  readonly configText: string
  readonly ca: string | undefined
}

export interface Swept {
  readonly looked: number
  readonly failed: number
  readonly ms: number
  /** Reading the configuration included. */
  readonly peakMiB: number
}

process.on('disconnect', () => process.exit())
process.on('message', (asked: Asked) => {
  swept(asked).then(
    answer => process.send!(answer),
    (error: unknown) => process.send!({ error: error instanceof Error ? error.stack : String(error) }),
  )
})

async function swept({ configText, ca }: Asked): Promise<Swept> {
  const config = loadConfig(configText, { fileName: 'lockstep.yml' })
  const store = await openStore([...config.stores.values()][0]!, ca, systemClock)
  const setup = () => Promise.reject(new Error('Something was found to be due.'))
  const fleet = {
    config,
    clock: systemClock,
    register: () => {
      throw new Error('nobody has followers here')
    },
    store: async () => store,
    setup,
  }
  const actor = { user_id: 'scheduler', user_agent: 'lockstep/bench' }
  const request = { type: 'scheduled', actor, deadline: systemClock.now() + 300_000 } as const
  const began = performance.now()
  const { looked, failed } = await sweep(fleet, { request, signal: new AbortController().signal })
  const ms = performance.now() - began
  return { looked, failed: failed.length, ms, peakMiB: process.resourceUsage().maxRSS / 1024 }
}
