/**
 * An application's database client, as plain as they come: caches the secret, opens a new connection per query, counts.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Counts {
  queries: number
  failedQueries: number
  /** The longest time during which all queries of one client failed. */
  longestGapMs: number
  /** Clients that have had an answer. */
  working: number
  /** Clients whose last query failed. */
  failing: number
  /** SQLSTATEs, or codes of the socket. */
  readonly codes: Record<string, number>
}

export const noCounts = (): Counts => ({
  queries: 0,
  failedQueries: 0,
  longestGapMs: 0,
  working: 0,
  failing: 0,
  codes: {},
})

/** What a scene tells of it. */
export type Load = Pick<Counts, 'queries' | 'failedQueries' | 'longestGapMs' | 'codes'>

export const loadOf = ({ queries, failedQueries, longestGapMs, codes }: Counts): Load => ({
  queries,
  failedQueries,
  longestGapMs,
  codes,
})

export interface ClientOptions<Login> {
  /** Reads the secret. */
  readonly read: () => Promise<Login>
  /** A new connection and a query; rejects with a `code`. */
  readonly query: (login: Login) => Promise<void>
  /** The oldest value that it uses. */
  readonly refresh: number
  /** Whether a refused login makes it read the secret again and try once more, before it counts a failure. */
  readonly reread: boolean
}

/** Refused by the server because of the password. */
export const REFUSED = '28P01'
const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? error)

/** Queries until `signal` aborts, and adds to `counts`. */
export async function runClient<Login>(
  options: ClientOptions<Login>,
  counts: Counts,
  signal: AbortSignal,
): Promise<void> {
  const { read, query, refresh, reread } = options
  let cached: Login | undefined
  let readAt = Number.NEGATIVE_INFINITY
  const load = async () => {
    readAt = performance.now()
    cached = await read()
    return cached
  }
  const once = async () => {
    const fresh = performance.now() - readAt < refresh
    try {
      await query(fresh ? cached! : await load())
    } catch (error) {
      if (!reread || codeOf(error) !== REFUSED) throw error
      await query(await load())
    }
  }

  let worked = false
  let failingSince: number | undefined
  const gap = (until: number) => {
    if (failingSince !== undefined)
      counts.longestGapMs = Math.max(counts.longestGapMs, Math.round(until - failingSince))
  }
  while (!signal.aborted) {
    const began = performance.now()
    counts.queries++
    try {
      await once()
      if (!worked) counts.working++
      worked = true
      gap(performance.now())
      failingSince = undefined
    } catch (error) {
      counts.failedQueries++
      counts.codes[codeOf(error)] = (counts.codes[codeOf(error)] ?? 0) + 1
      failingSince ??= began
      gap(performance.now())
    }
    // Not in step with the others, as real clients are not; and the machine must not be what is measured.
    await sleep(50 + Math.random() * 100)
  }
  if (failingSince !== undefined) counts.failing++
}
