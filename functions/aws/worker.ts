/**
 * The function behind the queue, with stores of every cloud: the composition root of `dist/multi/aws/worker.mjs`.
 * @module
 */
import type { Surroundings } from '../../aws/function.ts'
import { toStream } from '../../aws/log.ts'
import { createWorker } from '../../aws/worker.ts'
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

export const handler = createWorker(surroundings)
