/**
 * Refuses a schedule in another cloud's dialect, and a time zone that there is not.
 * @module
 */
import type { Cloud } from '../../core/functions/configuration.ts'
import { scheduleProblem, timeZoneProblem } from '../../core/functions/schedule.ts'
import { Refusal } from './framework.ts'

/** `at`: where the schedule stands. */
export const checkSchedule = (cloud: Cloud, at: string, schedule: unknown): void =>
  refuse(at, scheduleProblem(cloud, schedule))

export const checkTimeZone = (at: string, zone: unknown): void => refuse(at, timeZoneProblem(zone))

function refuse(at: string, problem: string | undefined): void {
  if (problem !== undefined) throw new Refusal(`${at}: ${problem}.`)
}
