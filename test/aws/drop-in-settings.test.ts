/**
 * The environment of the function: AWS's variables mean what they mean to the templates, ours are few, and what cannot be used says so.
 * Planted: an unknown spelling taken for "no", the value in the message, a leading digit forbidden: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../aws/drop-in/settings.ts'
import { RotationError } from '../../core/errors.ts'
import { checkPolicy, generatePassword } from '../../core/secret/generate.ts'

const settings = (env: Record<string, string> = {}) => readSettings(env)

function misset(env: Record<string, string>): RotationError {
  try {
    settings(env)
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError)
    expect((error as RotationError).code).toBe('config-invalid')
    return error as RotationError
  }
  throw new Error('it was accepted')
}

/** Every character that occurs in many passwords. */
function alphabet(env: Record<string, string>): Set<string> {
  const { password } = settings({ PASSWORD_LENGTH: '512', ...env })
  return new Set(Array.from({ length: 40 }, () => generatePassword(password).reveal()).join(''))
}

const ASCII = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
const classOf = (pattern: RegExp) => ASCII.filter(character => pattern.test(character))

describe('passwords', () => {
  test('without any variable: 32 characters of every class, without what the templates leave out', () => {
    expect(generatePassword(settings().password).byteLength).toBe(32)
    expect([...alphabet({})].sort()).toEqual(ASCII.filter(character => !`:/@"'\\`.includes(character)))
    expect(checkPolicy(settings().password).bits).toBeGreaterThan(190)
  })

  test.each([
    ['EXCLUDE_NUMBERS', /[0-9]/],
    ['EXCLUDE_UPPERCASE', /[A-Z]/],
    ['EXCLUDE_LOWERCASE', /[a-z]/],
    ['EXCLUDE_PUNCTUATION', /[^0-9A-Za-z]/],
  ])('%s', (variable, left) => {
    for (const yes of ['true', 'True', '1', 'y', 'YES'])
      expect([...alphabet({ [variable]: yes, EXCLUDE_CHARACTERS: '' })].sort(), yes).toEqual(
        ASCII.filter(character => !left.test(character)),
      )
    for (const no of ['false', 'False', '0', 'n', 'no', ''])
      expect(settings({ [variable]: no }).password.classes, no).toHaveLength(4)
    expect(misset({ [variable]: 'on' }).message).toContain(variable)
  })

  test('EXCLUDE_CHARACTERS replaces the default; set to nothing it excludes nothing', () => {
    expect([...alphabet({ EXCLUDE_CHARACTERS: '' })].sort()).toEqual(ASCII)
    const some = alphabet({ EXCLUDE_CHARACTERS: 'aB0~ é' })
    expect([...some].sort()).toEqual(ASCII.filter(character => !'aB0~'.includes(character)))
  })

  test('PASSWORD_LENGTH', () => {
    expect(settings({ PASSWORD_LENGTH: ' 8 ' }).password.length).toBe(8)
    for (const wrong of ['', '0', '-1', '8.5', 'long', '1025', '99999999999999999999'])
      expect(misset({ PASSWORD_LENGTH: wrong }).at, wrong).toBe('PASSWORD_LENGTH')
  })

  test('REQUIRE_EACH_INCLUDED_TYPE: on unless said otherwise', () => {
    const required = settings({ PASSWORD_LENGTH: '8' }).password
    for (let i = 0; i < 300; i++) {
      const text = generatePassword(required).reveal()
      for (const each of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(text).toMatch(each)
    }
    const { requireEach } = settings({ REQUIRE_EACH_INCLUDED_TYPE: 'false' }).password
    expect(requireEach).toBe(false)
  })

  test.each<[Record<string, string>, string[]]>([
    [{ PASSWORD_LENGTH: '3' }, ['PASSWORD_LENGTH']],
    [{ EXCLUDE_CHARACTERS: classOf(/[0-9]/).join('') }, ['EXCLUDE_CHARACTERS']],
    [
      { EXCLUDE_NUMBERS: '1', EXCLUDE_PUNCTUATION: '1', EXCLUDE_UPPERCASE: '1', EXCLUDE_LOWERCASE: '1' },
      ['EXCLUDE_NUMBERS', 'EXCLUDE_PUNCTUATION', 'EXCLUDE_UPPERCASE', 'EXCLUDE_LOWERCASE'],
    ],
    [{ EXCLUDE_CHARACTERS: ASCII.join(''), REQUIRE_EACH_INCLUDED_TYPE: '0' }, ['EXCLUDE_CHARACTERS']],
  ])('what no password can satisfy: %j', (env, variables) => {
    const { message, next } = misset(env)
    for (const variable of variables) {
      expect(message).toContain(variable)
      expect(next).toContain(variable)
    }
  })
})

describe('our own', () => {
  test('have defaults, all of them', () => {
    expect(settings()).toMatchObject({
      endpoint: undefined,
      strategy: undefined,
      grace: 3_600_000,
      caFile: undefined,
      plaintextFallback: false,
      serverKeyFile: undefined,
      environment: 'default',
      probes: [],
      owner: undefined,
    })
  })

  test('are understood', () => {
    expect(
      settings({
        SECRETS_MANAGER_ENDPOINT: 'https://secretsmanager.eu-central-1.amazonaws.com',
        LOCKSTEP_STRATEGY: 'single-user',
        LOCKSTEP_GRACE: '15m',
        LOCKSTEP_CA_FILE: '/opt/ca.pem',
        LOCKSTEP_PLAINTEXT_FALLBACK: 'true',
        LOCKSTEP_SERVER_KEY_FILE: '/opt/key.pem',
        LOCKSTEP_ENVIRONMENT: 'production',
        LOCKSTEP_PROBES: '["SELECT 1 FROM orders", "SELECT now()"]',
        LOCKSTEP_OWNER: 'payments/orders-db',
      }),
    ).toMatchObject({
      endpoint: 'https://secretsmanager.eu-central-1.amazonaws.com',
      strategy: 'single-user',
      grace: 900_000,
      caFile: '/opt/ca.pem',
      plaintextFallback: true,
      serverKeyFile: '/opt/key.pem',
      environment: 'production',
      probes: ['SELECT 1 FROM orders', 'SELECT now()'],
      owner: 'payments/orders-db',
    })
    expect(settings({ LOCKSTEP_PROBES: 'SELECT 1' }).probes).toEqual(['SELECT 1'])
    for (const strategy of ['single-user', 'alternating-users', 'dual-password'])
      expect(settings({ LOCKSTEP_STRATEGY: strategy }).strategy).toBe(strategy)
  })

  test.each([
    ['SECRETS_MANAGER_ENDPOINT', 'localhost:4566'],
    ['SECRETS_MANAGER_ENDPOINT', 'https://user:hunter2@host'],
    ['LOCKSTEP_STRATEGY', 'multi-user'],
    ['LOCKSTEP_GRACE', 'an hour'],
    ['LOCKSTEP_PLAINTEXT_FALLBACK', 'maybe'],
    ['LOCKSTEP_ENVIRONMENT', ':prod'],
    ['LOCKSTEP_ENVIRONMENT', 'ümlaut'],
    ['LOCKSTEP_PROBES', '[1]'],
    ['LOCKSTEP_PROBES', '["SELECT 1"'],
    ['LOCKSTEP_OWNER', 'no-slash'],
  ])('%s=%s is refused without being repeated', (variable, value) => {
    const { message, at } = misset({ [variable]: value })
    expect(at).toBe(variable)
    expect(message).not.toContain(value)
  })

  test('a variable that nobody reads is a misspelling', () => {
    const { message } = misset({ LOCKSTEP_STRATEGIE: 'single-user' })
    expect(message).toContain("LOCKSTEP_STRATEGIE is no setting of this function; did you mean 'LOCKSTEP_STRATEGY'?")
    expect(settings({ OTHER: 'x', EXCLUDE_NOTHING: 'x' }).strategy).toBeUndefined()
  })
})
