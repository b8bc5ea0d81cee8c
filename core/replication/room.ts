/**
 * Room for so much at once. Who comes first enters first; what is larger than the room waits until it is empty.
 * @module
 */
export class Room {
  readonly #size: number
  #taken = 0
  readonly #waiting: { readonly space: number; readonly enter: () => void }[] = []

  constructor(size: number) {
    this.#size = size
  }

  /** Answers how to leave. */
  async enter(wanted: number): Promise<() => void> {
    const space = Math.min(wanted, this.#size)
    await new Promise<void>(enter => {
      this.#waiting.push({ space, enter })
      this.#next()
    })
    return () => {
      this.#taken -= space
      this.#next()
    }
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && this.#taken + first.space <= this.#size; first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#taken += first.space
      first.enter()
    }
  }
}
