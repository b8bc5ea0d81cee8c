// Whether a process has added a value, and added it again without having looked whether the first was applied.

export class Repeats {
  seen = false

  /** One process. */
  watch(): (added: string | undefined) => void {
    let last: string | undefined
    return added => {
      if (added !== undefined && added === last) this.seen = true
      last = added
    }
  }
}
