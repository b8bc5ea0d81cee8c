/**
 * A worker that rotates and is killed on the way; started by the scene of the killed worker.
 * @module
 */
import { systemClock } from '../../core/ports/clock.ts'
import { rotateWhenAllowed } from '../request.ts'
import { openDriven } from './driven.ts'

export interface Doomed {
  readonly configText: string
  readonly ca: string | undefined
  readonly secret: string
  readonly runLife: number
}

process.on('disconnect', () => process.exit())
process.on('message', async ({ configText, ca, secret, runLife }: Doomed) => {
  const { setup } = await openDriven(configText, ca, systemClock)
  await rotateWhenAllowed(await setup(secret, runLife))
  process.exit()
})
