/**
 * The password settings of AWS's rotation templates, for our own generator: the same classes as GetRandomPassword, one call and
 * one permission fewer. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 * @module
 */
import { isRotationError } from '../../core/errors.ts'
import { type CharacterClass, checkPolicy, MAX_LENGTH, type PasswordPolicy } from '../../core/secret/generate.ts'
import { type Environment, misset, truth } from './variables.ts'

/** The template's default for PostgreSQL: a URL, a shell and libpq take the rest unescaped in quotes. */
const EXCLUDED = `:/@"'\\`
/** What the service calls punctuation; a space is not among it. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

const excluding: readonly (readonly [string, CharacterClass])[] = [
  ['EXCLUDE_LOWERCASE', 'lower'],
  ['EXCLUDE_UPPERCASE', 'upper'],
  ['EXCLUDE_NUMBERS', 'digits'],
  ['EXCLUDE_PUNCTUATION', 'specials'],
]

export const passwordVariables: readonly string[] = [
  'EXCLUDE_CHARACTERS',
  'PASSWORD_LENGTH',
  'REQUIRE_EACH_INCLUDED_TYPE',
  ...excluding.map(([variable]) => variable),
]

/** Settings that no password can satisfy: `config-invalid`, naming the variables that matter. */
export function passwordPolicy(env: Environment): PasswordPolicy {
  const classes = excluding.filter(([variable]) => !truth(env, variable, false)).map(([, name]) => name)
  const policy: PasswordPolicy = {
    length: lengthOf(env),
    classes,
    specials: PUNCTUATION,
    exclude: env.EXCLUDE_CHARACTERS ?? EXCLUDED,
    requireEach: truth(env, 'REQUIRE_EACH_INCLUDED_TYPE', true),
    firstLetter: false,
    // what a template generated until yesterday is generated today
    allowWeak: true,
  }
  requirePossible(policy, env)
  return policy
}

function lengthOf(env: Environment): number {
  const text = env.PASSWORD_LENGTH ?? '32'
  const length = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0
  if (length >= 1 && length <= MAX_LENGTH) return length
  throw misset('PASSWORD_LENGTH', `must be a whole number from 1 to ${MAX_LENGTH}`)
}

function requirePossible(policy: PasswordPolicy, env: Environment): void {
  if (policy.classes.length === 0)
    throw misset(excluding.map(([variable]) => variable).join(', '), 'exclude every kind of character together')
  try {
    checkPolicy(policy)
  } catch (error) {
    if (!isRotationError(error, 'policy-impossible')) throw error
    // the default length and default exclusions are never the reason alone
    const set = passwordVariables.filter(variable => env[variable] !== undefined)
    throw misset(set.join(', '), `cannot be satisfied together. ${error.message}`)
  }
}
