/**
 * The scheduled function, with stores of every cloud: the composition root of `dist/multi/aws/sweep.mjs`.
 * @module
 */
import type { Surroundings } from '../../aws/function.ts'
import { toStream } from '../../aws/log.ts'
import { openQueue } from '../../aws/queue.ts'
import { createSweep } from '../../aws/sweep.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { beyond } from '../beyond.ts'

const { env, stdout } = process

const surroundings: Surroundings = {
  env,
  clock: systemClock,
  write: toStream(stdout),
  folder: import.meta.dirname,
  beyond: beyond('aws', env),
}

export const handler = createSweep({ ...surroundings, queue: url => openQueue(url) })
