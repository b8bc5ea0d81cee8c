/**
 * What is measured: which rows there must be, what one says, and what it promises.
 * @module
 */
export type EngineName = 'postgres' | 'mysql' | 'mariadb' | 'redis' | 'valkey' | 'mongodb'
export type StrategyName = 'dual-password' | 'alternating-users' | 'single-user'

/**
 * `naive`: reads the secret, uses it for `CACHE`, never tries again. `client`: the same, but `withCredential` of `lockstep/client`
 * gets the login. `pool`: a pool for the whole time, which follows.
 */
export const consumers = ['naive', 'client', 'pool'] as const
export type ConsumerName = (typeof consumers)[number]

export interface EngineRows {
  readonly engine: EngineName
  /** `protocol`: another server that speaks the engine's protocol. */
  readonly label: 'real' | 'protocol'
  readonly strategies: readonly StrategyName[]
}

export const engines: readonly EngineRows[] = [
  { engine: 'postgres', label: 'real', strategies: ['alternating-users', 'single-user'] },
  { engine: 'mysql', label: 'real', strategies: ['dual-password', 'alternating-users', 'single-user'] },
  { engine: 'mariadb', label: 'real', strategies: ['dual-password', 'alternating-users', 'single-user'] },
  { engine: 'redis', label: 'real', strategies: ['dual-password', 'alternating-users', 'single-user'] },
  { engine: 'valkey', label: 'real', strategies: ['dual-password', 'alternating-users', 'single-user'] },
  { engine: 'mongodb', label: 'protocol', strategies: ['alternating-users', 'single-user'] },
]

export interface Row {
  readonly engine: EngineName
  readonly label: 'real' | 'protocol'
  /** As the server says it. */
  readonly version: string
  readonly strategy: StrategyName
  readonly overlap: 'both-valid' | 'gap'
  readonly consumer: ConsumerName
  readonly rotations: number
  readonly queries: number
  readonly failedQueries: number
  /** The longest time in which every query of one client failed. */
  readonly longestGapMs: number
  /** The longest that a query took which succeeded in the end: where trying again hides a gap, it is seen here. */
  readonly slowestQueryMs: number
}

export interface Measured {
  readonly rows: readonly Row[]
  /** What it ran on, and what else was going on there: the load of the last minute. */
  readonly machine: {
    readonly cores: number
    readonly node: string
    readonly loadBefore: number
    readonly loadAfter: number
  }
}

/** Clients of each kind. */
export const CLIENTS = 20
export const LEAST_ROTATIONS = 20
/** The oldest value that a client uses, and how long the old credential lives on, in milliseconds. */
export const CACHE = 200
export const GRACE = 1_000

/** What the table promises and these rows do not keep, rows that are missing included. */
export function unkept(rows: readonly Row[], asked: readonly EngineRows[]): readonly string[] {
  const wanted = asked.flatMap(({ engine, strategies }) =>
    strategies.flatMap(strategy => consumers.map(consumer => ({ engine, strategy, consumer }))),
  )
  return wanted.flatMap(({ engine, strategy, consumer }) => {
    const [row, more] = rows.filter(r => r.engine === engine && r.strategy === strategy && r.consumer === consumer)
    const words = row === undefined || more !== undefined ? 'there is not one row' : broken(row)
    return words === undefined ? [] : [`${engine}, ${strategy}, ${consumer}: ${words}`]
  })
}

function broken({ overlap, consumer, rotations, queries, failedQueries }: Row): string | undefined {
  if (queries < rotations * CLIENTS) return `${queries} queries show nothing`
  if (failedQueries === 0) return undefined
  if (overlap === 'both-valid') return `${failedQueries} failed, and both credentials were valid`
  return consumer === 'client' ? `${failedQueries} failed, although they could be tried again` : undefined
}
