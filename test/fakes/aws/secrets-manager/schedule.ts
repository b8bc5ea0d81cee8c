import { invalidParameter, invalidShape } from './errors.ts'
import type { RotationRules } from './model.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Shapes RotationRulesType, AutomaticallyRotateAfterDaysType, DurationType. @throws ServiceFault */
export function checkRules(rules: RotationRules): void {
  const { AutomaticallyAfterDays: days, ScheduleExpression: expression, Duration: duration } = rules
  if (days !== undefined && expression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
  }
  if (days !== undefined && (days < 1 || days > 1000)) {
    throw invalidShape('rotationRules.automaticallyAfterDays', 'have value between 1 and 1000')
  }
  if (duration !== undefined && !/^[0-9]{1,2}h$/.test(duration)) {
    throw invalidShape('rotationRules.duration', 'satisfy regular expression pattern: [0-9h]+')
  }
  if (expression === undefined) return
  const rate = rateOf(expression)
  if (rate === undefined && !/^cron\(0 [^ ]+ [^ ]+ [^ ]+ [^ ]+ \*\)$/.test(expression)) {
    throw invalidParameter('The schedule expression is not valid.')
  }
  if (rate !== undefined && rate < 4 * HOUR)
    throw invalidParameter('You can rotate a secret as often as every four hours.')
}

/**
 * The end of the next window: NextRotationDate is the latest date. rate() windows in days begin at midnight UTC and end
 * with the day. A cron() schedule is not computed here: undefined.
 */
export function nextRotation(rules: RotationRules | undefined, from: number): number | undefined {
  const interval = rules?.AutomaticallyAfterDays
    ? rules.AutomaticallyAfterDays * DAY
    : rateOf(rules?.ScheduleExpression)
  if (interval === undefined) return undefined
  if (interval < DAY) return from + interval
  const day = from + interval
  return day - (day % DAY) + DAY - 1000
}

function rateOf(expression: string | undefined): number | undefined {
  const match = /^rate\((\d+) (hours?|days?)\)$/.exec(expression ?? '')
  return match ? Number(match[1]) * (match[2]!.startsWith('hour') ? HOUR : DAY) : undefined
}
