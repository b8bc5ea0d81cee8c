import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  characterClasses,
  checkPolicy,
  defaultPolicy,
  entropyBits,
  generatePassword,
  MIN_BITS,
  type PasswordPolicy,
} from '../../../core/secret/generate.ts'

const policyWith = (change: Partial<PasswordPolicy>): PasswordPolicy => ({ ...defaultPolicy, ...change })
const revealed = (policy: PasswordPolicy, randomInt?: (max: number) => number): string =>
  generatePassword(policy, randomInt).reveal()

/** xorshift32: the same numbers in every run; its own rejection keeps it free of modulo bias. */
function seeded(seed: number): (max: number) => number {
  let state = seed >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  return max => {
    const limit = 2 ** 32 - (2 ** 32 % max)
    for (;;) {
      const drawn = next()
      if (drawn < limit) return drawn % max
    }
  }
}

function tally(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

function chiSquare(counts: Map<string, number>, cells: number): number {
  const total = [...counts.values()].reduce((a, b) => a + b, 0)
  const expected = total / cells
  const missing = (cells - counts.size) * expected
  return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, missing)
}

/** Every password that a tiny policy accepts, by trying all strings. */
function bruteForce(policy: PasswordPolicy): string[] {
  const sets = { lower: /[a-z]/, upper: /[A-Z]/, digits: /[0-9]/, specials: /[^A-Za-z0-9]/ }
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
  const inClass = (c: string, name: keyof typeof sets): boolean =>
    sets[name].test(c) && (name !== 'specials' || policy.specials.includes(c))
  const alphabet = printable.filter(c => policy.classes.some(name => inClass(c, name)) && !policy.exclude.includes(c))
  let strings = ['']
  for (let index = 0; index < policy.length; index++) strings = strings.flatMap(s => alphabet.map(c => s + c))
  return strings
    .filter(s => !policy.firstLetter || /^[A-Za-z]/.test(s))
    .filter(s => !policy.requireEach || policy.classes.every(name => [...s].some(c => inClass(c, name))))
}

const classLists = fc.uniqueArray(fc.constantFrom(...characterClasses), { maxLength: 4 })
const anyPolicy: fc.Arbitrary<PasswordPolicy> = fc.record({
  length: fc.oneof(fc.integer({ min: -1, max: 40 }), fc.constantFrom(1024, 1025, 1.5, Number.NaN)),
  classes: classLists,
  specials: fc.oneof(fc.constantFrom('', '-_.~', '!"', '- ', 'a', 'é'), fc.string({ maxLength: 6 })),
  exclude: fc.oneof(fc.constant(''), fc.string({ maxLength: 10 }), fc.constant('abcdefghijklmnopqrstuvwxyz0123456789')),
  requireEach: fc.boolean(),
  firstLetter: fc.boolean(),
  allowWeak: fc.boolean(),
})

describe('the default policy', () => {
  it('gives 32 characters of letters and digits with 190 bits, and accepts nearly every draw', () => {
    expect(revealed(defaultPolicy)).toMatch(/^[A-Za-z][A-Za-z0-9]{31}$/)
    const { bits, acceptRate } = checkPolicy(defaultPolicy)
    expect(bits).toBeCloseTo(190.27, 2)
    expect(acceptRate).toBeGreaterThan(0.99)
  })

  it('never gives the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => revealed(defaultPolicy))).size).toBe(1000)
  })

  it('has the entropy of the published figures without the rule of the first letter', () => {
    expect(entropyBits(policyWith({ firstLetter: false }))).toBeCloseTo(190.53, 2)
    expect(entropyBits(policyWith({ firstLetter: false, classes: characterClasses }))).toBeCloseTo(193.2, 2)
    expect(
      entropyBits(policyWith({ firstLetter: false, classes: characterClasses, length: 12, allowWeak: true })),
    ).toBeCloseTo(71.4, 1)
  })
})

describe('no bias', () => {
  // 99.9 % limits of chi-square. A byte modulo 62 would be some hundred times above them.
  it('draws every character equally often, at the first place and at the others', () => {
    const randomInt = seeded(20_240_607)
    const passwords = Array.from({ length: 6000 }, () => revealed(policyWith({ requireEach: false }), randomInt))
    expect(chiSquare(tally(passwords.map(p => p[0]!)), 52)).toBeLessThan(87.97)
    expect(chiSquare(tally(passwords.flatMap(p => [...p.slice(1)])), 62)).toBeLessThan(100.9)
  })

  it('draws every accepted password equally often: required classes are met by rejection, not by placing', () => {
    const tiny = policyWith({
      length: 3,
      exclude: 'cdefghijklmnopqrstuvwxyz23456789',
      classes: ['lower', 'digits'],
      allowWeak: true,
    })
    const accepted = bruteForce(tiny)
    const randomInt = seeded(7)
    const counts = tally(Array.from({ length: 12_000 }, () => revealed(tiny, randomInt)))
    expect([...counts.keys()].sort()).toEqual(accepted.sort())
    expect(accepted).toHaveLength(24)
    expect(chiSquare(counts, accepted.length)).toBeLessThan(49.7)
  })
})

describe('entropy', () => {
  it.each<[string, Partial<PasswordPolicy>]>([
    ['one class', { classes: ['digits'], firstLetter: false, length: 3 }],
    [
      'two classes, a letter first',
      { classes: ['lower', 'digits'], exclude: 'defghijklmnopqrstuvwxyz3456789', length: 5 },
    ],
    [
      'four classes',
      {
        classes: characterClasses,
        specials: '-_',
        exclude: 'cdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ23456789',
        length: 5,
      },
    ],
    [
      'no class required',
      { classes: ['lower', 'specials'], requireEach: false, exclude: 'bcdefghijklmnopqrstuvwxyz', length: 4 },
    ],
    [
      'as many classes as places',
      { classes: ['upper', 'lower', 'digits'], exclude: 'cdefghijklmnopqrstuvwxyzCDEFGHIJKLMNOPQRSTUVWXYZ', length: 3 },
    ],
    ['a special given twice counts once', { classes: ['specials'], specials: '--__', firstLetter: false, length: 4 }],
  ])('equals brute force: %s', (_, change) => {
    const policy = policyWith({ ...change, allowWeak: true })
    expect(entropyBits(policy)).toBeCloseTo(Math.log2(bruteForce(policy).length), 9)
  })

  it('is right where numbers overflow', () => {
    expect(entropyBits(policyWith({ length: 1024, requireEach: false }))).toBeCloseTo(
      Math.log2(52) + 1023 * Math.log2(62),
      6,
    )
  })
})

describe('refusals', () => {
  it.each<[string, Partial<PasswordPolicy>, string]>([
    ['length 0', { length: 0 }, 'the length must be a whole number from 1 to 1024'],
    ['length 1025', { length: 1025 }, 'the length must be a whole number from 1 to 1024'],
    ['no class', { classes: [] }, 'names no class'],
    [
      'everything excluded',
      { classes: ['digits'], exclude: '0123456789', firstLetter: false, requireEach: false },
      'no character is left',
    ],
    ['a required class excluded', { exclude: '0123456789' }, 'every character is excluded'],
    ['specials without any', { classes: ['lower', 'specials'], specials: '' }, 'every character is excluded'],
    ['a letter first without letters', { classes: ['digits'] }, 'no letter is allowed'],
    ['more classes than places', { length: 2, allowWeak: true }, 'requires 3 classes in 2 characters'],
    [
      'the only place is for a letter',
      { length: 1, classes: ['digits', 'upper'], allowWeak: true },
      '2 classes in 1 character',
    ],
    ['specials beyond ASCII', { specials: 'é' }, 'printable ASCII'],
    ['a space', { specials: '- ' }, 'printable ASCII'],
    ['a letter as special', { specials: 'a' }, 'printable ASCII'],
    ['weak', { length: 13 }, 'bits of entropy, at least 80 are needed'],
    [
      'hopeless',
      { length: 4, classes: characterClasses, specials: '-', exclude: '012345678', allowWeak: true },
      'too few passwords',
    ],
  ])('%s', (_, change, why) => {
    expect(() => checkPolicy(policyWith(change))).toThrow(
      expect.objectContaining({ code: 'policy-impossible', message: expect.stringContaining(why) }),
    )
    expect(() => generatePassword(policyWith(change))).toThrow(expect.objectContaining({ code: 'policy-impossible' }))
  })

  it('counts exactly: a digit and a letter first in two places leave one arrangement', () => {
    expect(entropyBits(policyWith({ length: 2, classes: ['lower', 'digits'], allowWeak: true }))).toBeCloseTo(
      Math.log2(260),
      9,
    )
  })

  it('gives up on a source that does not vary', () => {
    expect(() => generatePassword(defaultPolicy, () => 0)).toThrow(/does not vary/)
  })
})

describe('properties', () => {
  it('every policy is refused with a reason, or every password satisfies it', () => {
    let possible = 0
    fc.assert(
      fc.property(anyPolicy, policy => {
        let bits: number
        try {
          bits = entropyBits(policy)
        } catch (error) {
          expect(error).toMatchObject({ code: 'policy-impossible' })
          return
        }
        possible++
        const password = revealed(policy)
        expect(password).toHaveLength(policy.length)
        expect([...policy.exclude].filter(c => password.includes(c))).toEqual([])
        if (policy.firstLetter) expect(password).toMatch(/^[A-Za-z]/)
        const present = (name: string): boolean =>
          name === 'specials'
            ? [...policy.specials].some(c => password.includes(c))
            : { lower: /[a-z]/, upper: /[A-Z]/, digits: /[0-9]/ }[name as 'lower']!.test(password)
        if (policy.requireEach) expect(policy.classes.every(present)).toBe(true)
        expect(characterClasses.filter(name => !policy.classes.includes(name) && present(name))).toEqual([])
        if (!policy.allowWeak) expect(bits).toBeGreaterThanOrEqual(MIN_BITS)
      }),
      { numRuns: 2000 },
    )
    expect(possible).toBeGreaterThan(100)
  })

  it('a policy that brute force finds empty is refused, and only such a one', () => {
    const tiny = fc.record({
      length: fc.integer({ min: 1, max: 3 }),
      classes: fc.uniqueArray(fc.constantFrom(...characterClasses), { minLength: 1, maxLength: 4 }),
      specials: fc.constantFrom('', '-', '-_'),
      exclude: fc.constantFrom(
        'cdefghijklmnopqrstuvwxyzCDEFGHIJKLMNOPQRSTUVWXYZ23456789',
        'bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ123456789',
        'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ3456789',
      ),
      requireEach: fc.boolean(),
      firstLetter: fc.boolean(),
      allowWeak: fc.constant(true),
    })
    fc.assert(
      fc.property(tiny, policy => {
        const count = bruteForce(policy).length
        if (count === 0)
          expect(() => entropyBits(policy)).toThrow(expect.objectContaining({ code: 'policy-impossible' }))
        else expect(entropyBits(policy)).toBeCloseTo(Math.log2(count), 9)
      }),
      { numRuns: 500 },
    )
  })
})
