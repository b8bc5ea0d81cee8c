/**
 * Chance, for jitter: many processes that read the same secret must not do it in step.
 * @module
 */
import { randomInt } from 'node:crypto'

/** At least 0, below 1. */
export type Random = () => number

const STEPS = 2 ** 32

export const random: Random = () => randomInt(STEPS) / STEPS

/** Between half of `ms` and all of it. */
export const jittered = (ms: number, chance: Random): number => ms * (0.5 + chance() / 2)
