/**
 * The picture: what has happened, line by line, and below it one line per region that changes while it goes on. On a terminal it is
 * drawn again and again; elsewhere what has happened is printed once, and the regions at the end.
 * @module
 */
import colors from 'picocolors'
import type { Counts } from '../client.ts'
import type { RegionName } from './config.ts'

export interface Line {
  readonly name: RegionName
  readonly store: string
  queries: number
  failedQueries: number
  /** Which version of the leader consumers are shown, as far as anybody has seen. */
  shows: number
  /** Of the last rotation that arrived, and the longest of all. */
  lagMs: number
  longestLagMs: number
  state: 'leads' | 'follows' | 'cut off'
}

export interface Happened {
  readonly atMs: number
  readonly what: string
}

const REDRAW_MS = 100

export class Board {
  readonly lines: readonly Line[]
  readonly timeline: Happened[] = []
  readonly #out: NodeJS.WriteStream
  readonly #began = performance.now()
  #drawn = 0
  #drawnAt = 0

  constructor(out: NodeJS.WriteStream, regions: readonly Pick<Line, 'name' | 'store'>[]) {
    this.#out = out
    this.lines = regions.map(({ name, store }, n) => ({
      ...{ name, store, queries: 0, failedQueries: 0, shows: 0, lagMs: 0, longestLagMs: 0 },
      state: n === 0 ? 'leads' : 'follows',
    }))
  }

  say(what: string): void {
    const atMs = Math.round(performance.now() - this.#began)
    this.timeline.push({ atMs, what })
    this.#erase()
    this.#out.write(`${colors.dim(`${(atMs / 1000).toFixed(1).padStart(6)} s`)}  ${what}\n`)
    this.#draw()
  }

  of(name: RegionName | string): Line {
    return this.lines.find(line => line.name === name)!
  }

  counts(name: RegionName, { queries, failedQueries }: Pick<Counts, 'queries' | 'failedQueries'>): void {
    Object.assign(this.of(name), { queries, failedQueries })
    if (performance.now() - this.#drawnAt < REDRAW_MS) return
    this.#erase()
    this.#draw()
  }

  /** The last picture is the table's. */
  end(): void {
    this.#erase()
  }

  #erase(): void {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}F\x1b[J`)
    this.#drawn = 0
  }

  #draw(): void {
    if (!this.#out.isTTY) return
    const rows = ['', heading, ...this.lines.map(asRow)]
    this.#out.write(`${rows.join('\n')}\n`)
    this.#drawn = rows.length
    this.#drawnAt = performance.now()
  }
}

const WIDTHS = [4, 31, 9, 9, 8, 9, 8] as const
const cells = (texts: readonly string[]): string[] =>
  texts.map((text, n) => (n < 2 ? text.padEnd(WIDTHS[n]!) : text.padStart(WIDTHS[n]!)))

const heading = colors.dim(`  ${cells(['', 'store', 'queries', 'failed', 'shows', 'lag', '']).join('')}`)

function asRow({ name, store, queries, failedQueries, shows, lagMs, state }: Line): string {
  const lag = state === 'leads' || lagMs === 0 ? '-' : `${(lagMs / 1000).toFixed(1)} s`
  const texts = cells([name, store, String(queries), String(failedQueries), shows > 0 ? `v${shows}` : '-', lag])
  texts[3] = failedQueries === 0 ? colors.green(texts[3]!) : colors.red(texts[3]!)
  const said = { leads: colors.bold('leads'), follows: 'follows', 'cut off': colors.yellow('CUT OFF') }[state]
  return `  ${texts.join('')}   ${said}`
}

/** All of it, as it stands. */
export const picture = (lines: readonly Line[]): string => [heading, ...lines.map(asRow)].join('\n')
