/**
 * What AWS documents of Secrets Manager and what moto does: a behaviour with `moto` deviates, in that way; one without holds.
 * moto.test.ts checks both directions, so a deviation that went away has to be struck off here.
 * @module
 */
import type { Behaviour } from './moto-deviations/behaviour.ts'
import { labelling } from './moto-deviations/labelling.ts'
import { lifecycle } from './moto-deviations/lifecycle.ts'
import { reading } from './moto-deviations/reading.ts'
import { rotating } from './moto-deviations/rotating.ts'
import { writing } from './moto-deviations/writing.ts'

export const behaviours: readonly Behaviour[] = [...reading, ...writing, ...labelling, ...rotating, ...lifecycle]
