/**
 * Chance without gaps: everything has its turn before anything comes again, so a short run has seen all of it too.
 * @module
 */
import type { Random } from '../random.ts'

export class Deck<T> {
  readonly #random: Random
  readonly #cards: readonly T[]
  #left: T[] = []

  constructor(random: Random, cards: readonly T[]) {
    this.#random = random
    this.#cards = cards
  }

  deal(): T {
    if (this.#left.length === 0)
      this.#left = this.#cards
        .map(card => ({ card, at: this.#random() }))
        .toSorted((one, other) => one.at - other.at)
        .map(({ card }) => card)
    return this.#left.pop()!
  }
}
