/**
 * `--release`: what a retirement is released from, checked before anything is asked.
 * @module
 */
import { InvalidArgumentError } from 'commander'
import { didYouMean } from '../../core/config/nearest.ts'
import type { SecretConfig } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import { placesOf } from '../../core/replication/wire.ts'
import { type Held, held } from '../../core/rotation/setup.ts'

const FOLLOWER = 'follower:'

const isHeld = (word: string): word is Held =>
  held.some(what => what === word) || (word.startsWith(FOLLOWER) && word.length > FOLLOWER.length)

/** One after the other, as commander hands them over. */
export function parseRelease(word: string, before: readonly Held[] = []): readonly Held[] {
  if (!isHeld(word)) throw new InvalidArgumentError(`Allowed choices are ${held.join(', ')}, ${FOLLOWER}NAME.`)
  return [...before, word]
}

/** A misspelt follower would be released from nothing. */
export function requireFollowers(secret: SecretConfig, release: readonly Held[] = []): void {
  const members = [...placesOf(secret).keys()]
  for (const word of release.filter(each => each.startsWith(FOLLOWER))) {
    const name = word.slice(FOLLOWER.length)
    if (members.includes(name) && secret.followers.length > 0) continue
    throw new RotationError('usage', `No follower of ${secret.name} is called ${name}${didYouMean(name, members)}`, {
      secret: secret.name,
      next: secret.followers.length > 0 ? `Its members: ${members.join(', ')}.` : 'It has no followers.',
    })
  }
}
