import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dueAt, nextStart } from '../../../core/policy/schedule.ts'
import { isOpen, type MaintenanceWindow, nextOpening, windowProblem } from '../../../core/policy/window.ts'

const at = (iso: string): number => Date.parse(iso)
const HOUR = 3_600_000
const nightly: MaintenanceWindow = { cron: '0 2 * * *', duration: 2 * HOUR, timezone: 'UTC' }
const openAt = (window: MaintenanceWindow, iso: string): boolean => isOpen(window, at(iso))

describe('isOpen', () => {
  it('from the opening, included, to the end, excluded, to the millisecond', () => {
    expect(
      ['01:59:59.999', '02:00:00.000', '02:00:00.001', '03:59:59.999', '04:00:00.000', '04:00:00.001'].map(time =>
        openAt(nightly, `2025-03-05T${time}Z`),
      ),
    ).toEqual([false, true, true, true, false, false])
  })

  it('across midnight, and while openings overlap', () => {
    const late = { ...nightly, cron: '30 23 * * 6' }
    expect(openAt(late, '2025-03-09T00:30:00Z')).toBe(true)
    expect(openAt(late, '2025-03-10T00:30:00Z')).toBe(false)
    const always = { ...nightly, cron: '0 * * * *' }
    expect(openAt(always, '2025-03-09T17:59:59.999Z')).toBe(true)
  })

  it('property: equals counting the openings of a simple pattern by hand', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 1, max: 3 * 24 * HOUR }),
        fc.integer({ min: 0, max: 4e12 }),
        (hour, minute, duration, now) => {
          const window = { cron: `${minute} ${hour} * * *`, duration, timezone: 'UTC' }
          const sinceOpening = (now - hour * HOUR - minute * 60_000) % (24 * HOUR)
          const age = (sinceOpening + 24 * HOUR) % (24 * HOUR)
          expect(isOpen(window, now)).toBe(age < duration)
          expect(nextOpening(window, now)).toBe(now - age + 24 * HOUR)
        },
      ),
    )
  })
})

describe('time zones', () => {
  const berlin = { ...nightly, timezone: 'Europe/Berlin' }

  it('follows summer time', () => {
    expect(nextOpening(berlin, at('2025-01-10T12:00:00Z'))).toBe(at('2025-01-11T01:00:00Z'))
    expect(nextOpening(berlin, at('2025-07-10T12:00:00Z'))).toBe(at('2025-07-11T00:00:00Z'))
  })

  it('opens in the night whose 02:00 does not exist, and once in the night that has it twice', () => {
    expect(nextOpening(berlin, at('2025-03-29T12:00:00Z'))).toBe(at('2025-03-30T01:00:00Z'))
    const autumn = nextOpening(berlin, at('2025-10-25T12:00:00Z'))!
    expect(autumn).toBe(at('2025-10-26T00:00:00Z'))
    expect(nextOpening(berlin, autumn)).toBe(at('2025-10-27T01:00:00Z'))
  })
})

describe('windowProblem', () => {
  it.each([
    [{}, undefined],
    [{ cron: '0 2 29 2 *' }, undefined],
    [{ cron: '0 2 30 2 *' }, 'never opens'],
    [{ cron: '61 2 * * *' }, 'five fields'],
    [{ cron: '0 0 2 * * *' }, 'five fields'],
    [{ cron: '' }, 'five fields'],
    [{ cron: '2025-01-01T00:00:00' }, 'five fields'],
    [{ cron: '? ? * * *' }, 'five fields'],
    [{ cron: '@daily' }, 'five fields'],
    [{ timezone: 'Europe/Berlim' }, 'no time zone'],
    [{ timezone: '' }, 'no time zone'],
  ])('%j', (change, says) => {
    const problem = windowProblem({ ...nightly, ...change })
    if (says === undefined) expect(problem).toBeUndefined()
    else expect(problem?.says).toContain(says)
  })

  it('property: any text is judged, and what passes never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9*,/?L#-]{1,4}( [0-9*,/?LW#-]{1,4}){4}$/)), cron => {
        const window = { ...nightly, cron }
        if (windowProblem(window) !== undefined) return
        expect(typeof isOpen(window, at('2025-03-05T00:00:00Z'))).toBe('boolean')
      }),
    )
  })
})

describe('schedule', () => {
  const since = at('2025-03-01T12:00:00Z')
  const month = { interval: 30 * 24 * HOUR, window: undefined }

  it('is due an interval after current began, or never', () => {
    expect(dueAt(since, month)).toBe(at('2025-03-31T12:00:00Z'))
    expect(dueAt(since, { interval: undefined })).toBeUndefined()
    expect(nextStart(since, { interval: undefined, window: nightly }, since)).toBeUndefined()
  })

  it('starts when due, at once when overdue', () => {
    expect(nextStart(since, month, since)).toBe(at('2025-03-31T12:00:00Z'))
    expect(nextStart(since, month, at('2025-06-01T00:00:00Z'))).toBe(at('2025-06-01T00:00:00Z'))
  })

  it('waits for the window, and starts inside an open one', () => {
    const windowed = { ...month, window: nightly }
    expect(nextStart(since, windowed, since)).toBe(at('2025-04-01T02:00:00Z'))
    expect(nextStart(since, windowed, at('2025-04-02T03:00:00Z'))).toBe(at('2025-04-02T03:00:00Z'))
    expect(nextStart(since, windowed, at('2025-04-02T04:00:00Z'))).toBe(at('2025-04-03T02:00:00Z'))
  })
})
