import type { World } from './world.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export const pick = (world: Pick<World, 'random'>, characters: string): string =>
  characters[Math.floor(world.random() * characters.length)]!

const many = (world: Pick<World, 'random'>, characters: string, length: number): string =>
  Array.from({ length }, () => pick(world, characters)).join('')

/** The hyphen and six random characters at the end of an ARN (service model, CreateSecretResponse.ARN). */
export const arnSuffix = (world: World): string => `-${many(world, ALPHABET, 6)}`

export function uuid(world: Pick<World, 'random'>): string {
  const hex = '0123456789abcdef'
  return [8, 4, 4, 4, 12].map(length => many(world, hex, length)).join('-')
}
