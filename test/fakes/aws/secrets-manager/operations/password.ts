import { invalidParameter } from '../errors.ts'
import { pick } from '../ids.ts'
import { flag, type Input, integer, text } from '../input.ts'
import type { Request } from '../world.ts'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
// The punctuation that GetRandomPasswordRequest.ExcludePunctuation lists, with the characters its HTML swallows.
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

export function getRandomPassword(request: Request, input: Input): object {
  const length = integer(input, 'PasswordLength', 1, 4096) ?? 32
  const excluded = text(input, 'ExcludeCharacters') ?? ''
  const groups = [
    flag(input, 'ExcludeLowercase') ? '' : LOWER,
    flag(input, 'ExcludeUppercase') ? '' : LOWER.toUpperCase(),
    flag(input, 'ExcludeNumbers') ? '' : '0123456789',
    flag(input, 'ExcludePunctuation') ? '' : PUNCTUATION,
    flag(input, 'IncludeSpace') ? ' ' : '',
  ].filter(group => group !== '')
  const usable = groups.map(group => [...group].filter(character => !excluded.includes(character)).join(''))
  const all = usable.join('')
  if (all === '') throw invalidParameter('The password requirements exclude every character.')
  const each = flag(input, 'RequireEachIncludedType') ?? true
  if (each && usable.includes('')) throw invalidParameter('A required character type has no character left.')
  if (each && length < usable.length) throw invalidParameter('The password is too short for every required type.')
  const first = each ? usable.map(group => pick(request.world, group)) : []
  const rest = Array.from({ length: length - first.length }, () => pick(request.world, all))
  return { RandomPassword: shuffled(request, [...first, ...rest]).join('') }
}

function shuffled(request: Request, characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last--) {
    const other = Math.floor(request.world.random() * (last + 1))
    ;[characters[last], characters[other]] = [characters[other]!, characters[last]!]
  }
  return characters
}
