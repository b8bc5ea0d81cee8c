/** Ten callers in a loop against a pool, and what they counted. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Counts {
  queries: number
  failed: number
  readonly errors: Record<string, number>
}

/** Runs `query` from `callers` loops at once while `during` goes on, and a moment longer. */
export async function churn(
  query: () => Promise<unknown>,
  during: () => Promise<void>,
  { callers = 10, pause = 2 }: { callers?: number; pause?: number } = {},
): Promise<Counts> {
  const counts: Counts = { queries: 0, failed: 0, errors: {} }
  let over = false
  const loop = async () => {
    while (!over) {
      counts.queries++
      try {
        await query()
      } catch (error) {
        counts.failed++
        const { code, message } = error as { code?: unknown; message?: unknown }
        const name = String(code ?? message)
        counts.errors[name] = (counts.errors[name] ?? 0) + 1
      }
      await sleep(pause)
    }
  }
  const all = Array.from({ length: callers }, loop)
  try {
    await sleep(200)
    await during()
    await sleep(300)
  } finally {
    over = true
    await Promise.all(all)
  }
  return counts
}
