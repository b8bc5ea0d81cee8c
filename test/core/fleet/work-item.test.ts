/**
 * Items of a queue, which anybody who may send to it can forge. Planted: `item.secret` from the prototype, the text in the message, a
 * time without bounds: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { parseItem, writeItem } from '../../../core/fleet/work-item.ts'
import { fuzzed } from '../../fuzz.ts'

const item = { secret: 'orders-db', do: 'rotate', asked: Date.UTC(2030, 0, 1) } as const
const text = writeItem(item)

test('an item comes back as it was sent, and holds nothing else', () => {
  expect(parseItem(text)).toEqual(item)
  expect(JSON.parse(text)).toEqual({ secret: 'orders-db', do: 'rotate', asked: '2030-01-01T00:00:00.000Z' })
})

test.each(['rotate', 'retire', 'replicate'] as const)('%s is one of ours', what => {
  expect(parseItem(writeItem({ ...item, do: what }))).toEqual({ ...item, do: what })
})

describe('anything else is refused, naming the field', () => {
  test.each([
    ['secret', ''],
    ['secret', 'a\nb'],
    ['secret', 'x'.repeat(513)],
    ['secret', 7],
    ['do', 'rollback'],
    ['do', ['rotate']],
    ['do', 'Replicate'],
    ['do', 'constructor'],
    ['asked', 'yesterday'],
    ['asked', 1_893_456_000_000],
    ['asked', '+099999-01-01T00:00:00.000Z'],
    ['asked', '-000001-01-01T00:00:00.000Z'],
  ])('%s: %j', (field, value) => {
    const forged = JSON.stringify({ ...JSON.parse(text), [field]: value })
    expect(() => parseItem(forged)).toThrow(expect.objectContaining({ code: 'refused', at: field }))
  })

  test.each([
    undefined,
    null,
    7,
    {},
    [],
    '',
    'null',
    '[]',
    '"text"',
    '{',
    `{"__proto__":${text}}`,
    `${text} `.repeat(99),
  ])('%j', forged => {
    expect(() => parseItem(forged)).toThrow(expect.objectContaining({ code: 'refused' }))
  })
})

test('100,000 items: understood or refused, and nothing of them is in the error', () => {
  const { understood, refused } = fuzzed(text, candidate => {
    const parsed = parseItem(candidate)
    const { secret, do: what, asked } = parsed
    if (typeof secret !== 'string' || !['rotate', 'retire', 'replicate'].includes(what) || !Number.isInteger(asked))
      throw new Error('understood, and is none')
  })
  expect(understood).toBeGreaterThan(1_000)
  expect(refused).toBeGreaterThan(50_000)
})
