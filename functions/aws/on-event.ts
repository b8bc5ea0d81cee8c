/**
 * The function that hears of failed rotations of Secrets Manager's own, with stores of every cloud: the composition root of `dist/multi/aws/on-event.mjs`.
 * @module
 */
import type { Surroundings } from '../../aws/function.ts'
import { toStream } from '../../aws/log.ts'
import { createOnEvent } from '../../aws/on-event.ts'
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

export const handler = createOnEvent(surroundings)
