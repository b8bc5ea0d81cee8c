/** From 0 up to, not including, 1: the same ones in every episode. */
export function numbers(): () => number {
  let seed = 1
  return () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
}
