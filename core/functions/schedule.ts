/**
 * Each cloud's own way to write a schedule. Five fields and six are easily taken for one another, and a platform that is given the
 * wrong ones either refuses the deployment halfway or runs at other times.
 * @module
 */
import type { Cloud } from './configuration.ts'

interface Dialect {
  readonly says: string
  fits(text: string): boolean
}

type Range = readonly [least: number, most: number, names?: readonly string[]]
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const
const minute: Range = [0, 59]
const hour: Range = [0, 23]
const dayOfMonth: Range = [1, 31]
const month: Range = [1, 12, MONTHS]
const dayOfWeek: Range = [0, 7, DAYS]

const dialects: Readonly<Record<Cloud, Dialect>> = {
  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
  aws: {
    says: 'AWS takes rate(15 minutes), or cron() of six fields with the year last and one ? for a day, such as cron(0/15 * * * ? *)',
    fits: text => rate(text) || eventBridge(/^cron\((.*)\)$/.exec(text)?.[1]),
  },
  /** https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules */
  gcp: {
    says: 'Google Cloud takes five fields, minutes first, such as */15 * * * *',
    fits: text => cron(text, [minute, hour, dayOfMonth, month, dayOfWeek]),
  },
  /** https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions */
  azure: {
    says: 'Azure takes six fields, seconds first, such as 0 */15 * * * *',
    fits: text => cron(text, [[0, 59], minute, hour, dayOfMonth, month, [0, 6, DAYS]]),
  },
}

/** What is wrong with a schedule; undefined if its cloud takes it. */
export function scheduleProblem(cloud: Cloud, schedule: unknown): string | undefined {
  const { says, fits } = dialects[cloud]
  return typeof schedule === 'string' && fits(schedule.trim())
    ? undefined
    : `"${String(schedule)}" is no schedule: ${says}`
}

/** The same of a name of the IANA database, which the clouds' schedulers take; empty is UTC. */
export function timeZoneProblem(zone: unknown): string | undefined {
  try {
    if (zone === undefined || zone === '' || new Intl.DateTimeFormat('en', { timeZone: String(zone) })) return undefined
  } catch {}
  return `"${String(zone)}" is no time zone: it takes a name such as Europe/Berlin`
}

/** The service refuses `rate(1 minutes)` and `rate(2 minute)`. */
function rate(text: string): boolean {
  const [, count, unit] = /^rate\(([1-9]\d{0,4}) (minute|hour|day)s?\)$/.exec(text) ?? []
  return unit !== undefined && text.endsWith('s)') === (count !== '1')
}

/** `?` stands for exactly one of the two days; L, W and # are for days too. */
function eventBridge(text = ''): boolean {
  const fields = text.split(' ')
  const [date, weekday] = [fields[2], fields[4]]
  if (fields.length !== 6 || (date === '?') === (weekday === '?')) return false
  const days = [date, weekday].every(field => field === '?' || /^[\dA-Z*,/#-]{1,40}$/.test(field!))
  const others = [fields[0]!, fields[1]!, fields[3]!, fields[5]!].join(' ')
  return days && cron(others, [minute, hour, month, [1970, 2199]])
}

function cron(text: string, ranges: readonly Range[]): boolean {
  const fields = text.split(/\s+/)
  return (
    fields.length === ranges.length &&
    fields.every((field, i) => field.split(',').every(part => within(part, ranges[i]!)))
  )
}

/** `*`, a number or name, `a-b`, and each of them with `/step`. */
function within(part: string, [least, most, names = []]: Range): boolean {
  const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? []
  if (from === undefined || (from === '*' && to !== undefined) || step === '0') return false
  const numberOf = (text: string) => (/^\d+$/.test(text) ? Number(text) : names.indexOf(text.toUpperCase()) + least)
  const known = (text: string) => /^\d+$/.test(text) || names.includes(text.toUpperCase())
  const ends = [from, to].filter(text => text !== undefined && text !== '*') as string[]
  const values = ends.map(numberOf)
  return (
    ends.every(known) &&
    values.every(value => value >= least && value <= most) &&
    (values[1] ?? most) >= (values[0] ?? least)
  )
}
