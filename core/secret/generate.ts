/**
 * New passwords: every accepted password is equally likely, and the policy says beforehand how many there are.
 * @module
 */
import { randomInt as cryptoRandomInt } from 'node:crypto'
import { RotationError } from '../errors.ts'
import { SecretValue } from './secret-value.ts'

export const characterClasses = ['lower', 'upper', 'digits', 'specials'] as const
export type CharacterClass = (typeof characterClasses)[number]

export interface PasswordPolicy {
  readonly length: number
  /** The kinds of characters that may occur. */
  readonly classes: readonly CharacterClass[]
  /** What the class `specials` holds: printable ASCII. */
  readonly specials: string
  /** Characters that never occur, whichever class they belong to. */
  readonly exclude: string
  /** At least one character of every class. */
  readonly requireEach: boolean
  /** Many command lines and Oracle take no leading digit or dash. */
  readonly firstLetter: boolean
  /** Accepts a policy of less than `MIN_BITS`. */
  readonly allowWeak: boolean
}

/** Safe, unescaped, in URLs, shells, `.env` files, ODBC and JDBC strings and `.pgpass`. */
export const defaultPolicy: PasswordPolicy = {
  length: 32,
  classes: ['lower', 'upper', 'digits'],
  specials: '-_.~',
  exclude: '',
  requireEach: true,
  firstLetter: true,
  allowWeak: false,
}

/** Below this, an offline search of a stolen SCRAM verifier comes within reach of a large budget. */
export const MIN_BITS = 80
export const MAX_LENGTH = 1024

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
/** At this rate, 10,000 rejections in a row have a probability of 10^-44. */
const MIN_ACCEPT_RATE = 0.01
const MAX_DRAWS = 10_000

/** Uniform in [0, max). */
export type RandomInt = (max: number) => number

interface Alphabet {
  readonly all: string
  readonly first: string
  /** The classes of which at least one character must occur. */
  readonly required: readonly string[]
}

const refuse = (why: string): never => {
  throw new RotationError('policy-impossible', `The password policy cannot be used: ${why}.`)
}

const without = (characters: string, excluded: string): string =>
  [...new Set(characters)].filter(character => !excluded.includes(character)).join('')

function alphabetOf(policy: PasswordPolicy): Alphabet {
  const all = { lower: LOWER, upper: LOWER.toUpperCase(), digits: '0123456789', specials: policy.specials }
  const classes = [...new Set(policy.classes)].map(name => without(all[name], policy.exclude))
  const joined = classes.join('')
  const first = policy.firstLetter ? joined.replaceAll(/[^A-Za-z]/g, '') : joined
  return { all: joined, first, required: policy.requireEach ? classes : [] }
}

/** How many strings use no character of `banned`. Exact: whether a policy is possible is not a matter of rounding. */
function countWithout(alphabet: Alphabet, banned: string, length: number): bigint {
  const first = BigInt(without(alphabet.first, banned).length)
  return first * BigInt(without(alphabet.all, banned).length) ** BigInt(length - 1)
}

/** How many passwords the policy accepts: inclusion and exclusion over the classes that may be missing. */
function countAccepted(alphabet: Alphabet, length: number): bigint {
  let count = 0n
  for (let missing = 0; missing < 1 << alphabet.required.length; missing++) {
    const banned = alphabet.required.filter((_, index) => missing & (1 << index))
    const strings = countWithout(alphabet, banned.join(''), length)
    count += banned.length % 2 === 0 ? strings : -strings
  }
  return count
}

/** Binary logarithm of any positive integer; `Number()` alone overflows at 2^1024. */
function log2(count: bigint): number {
  const shift = Math.max(0, count.toString(16).length - 16) * 4
  return Math.log2(Number(count >> BigInt(shift))) + shift
}

function checkParts(policy: PasswordPolicy, alphabet: Alphabet): void {
  const { length, classes, specials, firstLetter } = policy
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH)
    refuse(`the length must be a whole number from 1 to ${MAX_LENGTH}`)
  if (classes.length === 0) refuse('it names no class of characters')
  if (!/^[!-/:-@[-`{-~]*$/.test(specials))
    refuse('specials may hold only printable ASCII that is no letter, digit or space')
  if (alphabet.all === '') refuse('no character is left to choose from')
  if (alphabet.required.includes('')) refuse('a class is required of which every character is excluded')
  if (firstLetter && alphabet.first === '') refuse('the first character must be a letter, and no letter is allowed')
  if (alphabet.required.length > length)
    refuse(`it requires ${alphabet.required.length} classes in ${length} ${length === 1 ? 'character' : 'characters'}`)
}

/** What a policy amounts to. Throws `policy-impossible`, saying why. */
export function checkPolicy(policy: PasswordPolicy): { readonly bits: number; readonly acceptRate: number } {
  const alphabet = alphabetOf(policy)
  checkParts(policy, alphabet)
  const accepted = countAccepted(alphabet, policy.length)
  if (accepted === 0n) refuse('no password has a letter first and a character of every required class')
  const bits = log2(accepted)
  const acceptRate = 2 ** (bits - log2(countWithout(alphabet, '', policy.length)))
  if (bits < MIN_BITS && !policy.allowWeak)
    refuse(`it has ${bits.toFixed(1)} bits of entropy, at least ${MIN_BITS} are needed (or allowWeak)`)
  if (acceptRate < MIN_ACCEPT_RATE) refuse('too few passwords have a character of every required class')
  return { bits, acceptRate }
}

/** The binary logarithm of the number of passwords that are equally likely. */
export const entropyBits = (policy: PasswordPolicy): number => checkPolicy(policy).bits

function draw(alphabet: Alphabet, length: number, randomInt: RandomInt): string {
  const pick = (characters: string): string => characters[randomInt(characters.length)]!
  return pick(alphabet.first) + Array.from({ length: length - 1 }, () => pick(alphabet.all)).join('')
}

/**
 * Draws whole passwords until one has every required class. Putting the classes at chosen places instead would make some
 * passwords likelier than others.
 */
export function generatePassword(policy: PasswordPolicy, randomInt: RandomInt = cryptoRandomInt): SecretValue {
  checkPolicy(policy)
  const alphabet = alphabetOf(policy)
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const password = draw(alphabet, policy.length, randomInt)
    if (alphabet.required.every(characters => [...characters].some(character => password.includes(character))))
      return SecretValue.of(password)
  }
  throw new RotationError('internal', 'The source of random numbers does not vary.')
}
