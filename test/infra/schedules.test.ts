/**
 * Each cloud's dialect of a schedule, and that code and templates say the same.
 * Planted: five fields taken by Azure, a rate() in the wrong number, another default in the template: each failed here.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cron } from 'croner'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DEFAULT_SCHEDULE, scheduleOf } from '../../azure/settings.ts'
import { checkSchedule, checkTimeZone } from '../../infra/serverless/schedule.ts'
import { root } from './service.ts'

const dialects: Readonly<Record<'aws' | 'gcp' | 'azure', { takes: readonly string[]; refuses: readonly string[] }>> = {
  aws: {
    takes: [
      'rate(15 minutes)',
      'rate(1 hour)',
      'cron(0/15 * * * ? *)',
      'cron(0 3 ? * MON-FRI *)',
      'cron(0 8 1 * ? 2030)',
    ],
    refuses: [
      '*/15 * * * *',
      '0 */15 * * * *',
      'rate(1 minutes)',
      'rate(2 minute)',
      'rate(0 minutes)',
      'cron(0/15 * * * *)',
      'cron(0 3 * * * *)',
      'cron(0 3 ? * ? *)',
      'cron(60 3 ? * MON *)',
      'cron(0 3 ? * MON 1066)',
      '',
    ],
  },
  gcp: {
    takes: ['*/15 * * * *', '0 3 * * 1-5', '30 4 1,15 JAN *', '0 0 * * SUN'],
    refuses: [
      '0 */15 * * * *',
      'rate(15 minutes)',
      '*/0 * * * *',
      '60 * * * *',
      '* 24 * * *',
      '* * 0 * *',
      '* * * 13 *',
      '5-2 * * * *',
      'every 15 minutes',
      '',
    ],
  },
  azure: {
    takes: ['0 */15 * * * *', '30 0 3 * * MON-FRI', '0 0 0 1 JAN *'],
    refuses: ['*/15 * * * *', 'rate(15 minutes)', '60 * * * * *', '0 0 0 * * 7', '0 0 0 * * ?', '*/15 * * * * * *', ''],
  },
}

describe.each(Object.entries(dialects))('%s', (cloud, { takes, refuses }) => {
  const check = (text: unknown) => () => checkSchedule(cloud as 'aws', 'functions.sweep.schedule', text)
  test.each(takes)('takes %s', text => expect(check(text)).not.toThrow())
  test.each(refuses)('refuses %j', text => {
    expect(check(text)).toThrow(
      /^functions\.sweep\.schedule: ".*" is no schedule: (AWS|Google Cloud|Azure) takes .*[^.]\.$/,
    )
  })
})

test('what our check of Azure takes, the function takes', () => {
  for (const schedule of dialects.azure.takes) expect(scheduleOf({ LOCKSTEP_SWEEP_SCHEDULE: schedule })).toBe(schedule)
})

test.each(['Europe/Berlin', 'Etc/UTC', '', undefined])('%j is a time zone', zone => {
  expect(() => checkTimeZone('at', zone)).not.toThrow()
})
test.each(['Mars/Base', 'CET-1', 'Europe'])('%j is none', zone => {
  expect(() => checkTimeZone('at', zone)).toThrow('is no time zone')
})

/** The default that stands in a `${param:sweepSchedule, '…'}`. */
function defaultIn(cloud: string): string {
  const text = readFileSync(join(root, cloud, 'service.yml'), 'utf8')
  const found = [...text.matchAll(/\$\{param:sweepSchedule, '([^']+)'\}/g)].map(([, schedule]) => schedule!)
  expect(found).toHaveLength(1)
  return found[0]!
}

describe('code and template', () => {
  test('AWS: the default of the stack is the one that the framework gives it', () => {
    const { Parameters } = parse(readFileSync(join(root, 'infra/aws/parameters.yml'), 'utf8'), { logLevel: 'silent' })
    expect(Parameters.SweepSchedule.Default).toBe(defaultIn('aws'))
  })

  test('Azure: the default of the functions is the one that the app is told', () => {
    expect(defaultIn('azure')).toBe(DEFAULT_SCHEDULE)
  })

  test('all three sweep every quarter of an hour', () => {
    const quarter = 15 * 60_000
    expect(defaultIn('aws')).toBe('rate(15 minutes)')
    for (const cloud of ['gcp', 'azure']) {
      const runs = new Cron(defaultIn(cloud), { timezone: 'UTC', paused: true }).nextRuns(8)
      expect(runs.slice(1).map((run, i) => run.getTime() - runs[i]!.getTime())).toEqual(Array(7).fill(quarter))
    }
  })

  const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
  const functionsOf = (cloud: string) =>
    Object.keys(parse(textOf(`${cloud}/service.yml`), { logLevel: 'silent' }).functions)

  test.each(['gcp', 'azure'])('%s: functions are registered by the names of service.yml', cloud => {
    const registered = textOf(`${cloud}/registered.ts`).matchAll(/\b(?:app\.\w+|http|cloudEvent)\('(\w+)'/g)
    expect([...registered].map(([, name]) => name!).toSorted()).toEqual(functionsOf(cloud).toSorted())
  })

  test('AWS: every handler is a bundle of the build', () => {
    const { functions } = parse(textOf('aws/service.yml'), { logLevel: 'silent' })
    const handlers = Object.values<{ handler: string }>(functions).map(({ handler }) => handler)
    expect(handlers.toSorted()).toEqual(['on-event.handler', 'rotate.handler', 'sweep.handler', 'worker.handler'])
  })
})
