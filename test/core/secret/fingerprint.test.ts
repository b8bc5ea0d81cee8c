import { Buffer } from 'node:buffer'
import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprint, parseKey } from '../../../core/secret/fingerprint.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'

const bytes = createHash('sha256').update('a key for tests').digest()
const key = parseKey(bytes.toString('hex'))
const of = (secret: string, value: string, by = key): string => fingerprint(by, secret, SecretValue.of(value))

describe('fingerprint', () => {
  it('is the HMAC that its description says', () => {
    const expected = createHmac('sha256', bytes).update('lockstep fingerprint 1\n4\ndb/ahunter2').digest('hex')
    expect(of('db/a', 'hunter2')).toBe(`fp:${expected.slice(0, 16)}`)
  })

  it('is equal for equal values of one secret, and differs with value, secret and key', () => {
    const other = parseKey(createHash('sha256').update('another').digest('hex'))
    expect(of('a', 'x')).toBe(of('a', 'x'))
    expect(new Set([of('a', 'x'), of('a', 'y'), of('b', 'x'), of('a', 'x', other)]).size).toBe(4)
  })

  it('keeps name and value apart', () => {
    expect(of('a', 'bc')).not.toBe(of('ab', 'c'))
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (name, value, name2, value2) => {
        if (name !== name2 || value !== value2) expect(of(name, value)).not.toBe(of(name2, value2))
      }),
    )
  })

  it('shows neither value nor plain hash', () => {
    const printed = of('a', 'correct horse')
    expect(printed).toMatch(/^fp:[0-9a-f]{16}$/)
    expect(createHash('sha256').update('correct horse').digest('hex')).not.toContain(printed.slice(3))
  })
})

describe('parseKey', () => {
  it.each(['hex', 'base64', 'base64url'] as const)('reads %s, with the line break that files end with', encoding => {
    expect(of('a', 'x', parseKey(`${bytes.toString(encoding)}\n`))).toBe(of('a', 'x'))
  })

  it.each([
    ['empty', ''],
    ['31 bytes', bytes.subarray(1).toString('hex')],
    ['31 bytes in base64', bytes.subarray(1).toString('base64')],
    ['a sentence', 'correct horse battery staple is not a key at all, nor is this'],
    ['two lines', `${bytes.toString('hex')}\n${bytes.toString('hex')}`],
    ['zeros', '00'.repeat(32)],
    ['a repeated word', Buffer.from('changeme'.repeat(5)).toString('base64')],
  ])('refuses %s without quoting it', (_, text) => {
    let caught: unknown
    try {
      parseKey(text)
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({ code: 'key-missing' })
    if (text !== '') expect(inspect(caught)).not.toContain(text)
  })

  it('cannot be printed', () => {
    expect(inspect(key, { depth: 9 }) + JSON.stringify(key)).not.toContain(bytes.toString('hex'))
  })
})
