/**
 * Colours and signs: on a terminal only, and not where NO_COLOR asks for none (https://no-color.org).
 * @module
 */
import pc from 'picocolors'
import type { Io, Output } from '../io.ts'

export type Style = ReturnType<typeof pc.createColors>

export const styleFor = (output: Output, env: Io['env'], wanted: boolean): Style =>
  pc.createColors(wanted && output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb')
