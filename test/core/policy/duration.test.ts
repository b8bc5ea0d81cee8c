import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration, roughDuration } from '../../../core/policy/duration.ts'

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['30d', 2_592_000_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['0s', 0],
    ['5m5ms', 300_005],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  it.each([
    '',
    '0',
    '5',
    'm',
    '1.5h',
    '-1h',
    '+1h',
    '1 h',
    ' 1h',
    '1h ',
    '1h\n',
    '30m1h',
    '1h1h',
    '1w',
    '1H',
    '1e3s',
    '٣s',
    '1234567890s',
  ])('refuses %j', text => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it('property: reads back what formatDuration writes; anything else is undefined, never an exception', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 13 }), ms => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9dhms ]{0,9}$/)), text => {
        const ms = parseDuration(text)
        if (ms !== undefined) expect([Number.isSafeInteger(ms), ms >= 0]).toEqual([true, true])
      }),
    )
  })
})

it.each([
  [0, '0s', '0s'],
  [1, '1ms', '1ms'],
  [1500, '1s500ms', '1s500ms'],
  [90_061_001, '1d1h1m1s1ms', '1d1h'],
  [-90_061_001, '-1d1h1m1s1ms', '-1d1h'],
  [86_400_000, '1d', '1d'],
  [0.4, '0s', '0s'],
])('%d ms is %s, roughly %s', (ms, exact, rough) => {
  expect([formatDuration(ms), roughDuration(ms)]).toEqual([exact, rough])
})
