/**
 * Work on many things, a few at a time.
 * @module
 */

/**
 * Begins them in order, at most `width` at once, as long as `go` says so; resolves when all that was begun is done. Answers what
 * was not begun. Work must not reject: a failure of one is no reason to stop the others.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
  go: (next: Item) => boolean = () => true,
): Promise<readonly Item[]> {
  const left: Item[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const item = items[next++]!
      if (go(item)) await work(item)
      else left.push(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return left
}
