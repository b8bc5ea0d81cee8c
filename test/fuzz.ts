/**
 * Many inputs near a good one, from a seed, and cheap: a tree of JSON with some of its nodes replaced, removed or moved, or a text with
 * some of its characters. fast-check shrinks, which is worth its time where inputs are few; here they are 100,000.
 */
import { RotationError } from '../core/errors.ts'

const RUNS = 100_000
/** In every replacement; must never come back. */
export const CANARY = 'canary-7Hq2'

/** Mulberry32: four lines, and the same numbers everywhere. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const strange: readonly unknown[] = [
  ...[undefined, null, '', 0, -1, Number.POSITIVE_INFINITY, Number.NaN, true, [], {}, [CANARY], { [CANARY]: CANARY }],
  ...[CANARY, `${CANARY}\n`, CANARY.repeat(400), `\u0000${CANARY}`, `\ud800${CANARY}`],
  JSON.parse(`{"__proto__":"${CANARY}"}`),
]

class Fuzz {
  readonly random: () => number
  readonly #odd: readonly unknown[]

  constructor(seed: number, words: readonly unknown[]) {
    this.random = numbers(seed)
    this.#odd = [...strange, ...words]
  }

  below = (n: number): number => Math.floor(this.random() * n)

  odd = (): unknown => this.#odd[this.below(this.#odd.length)]

  /** A copy in which every node may be another; `rate`: how likely. */
  tree(node: unknown, rate: number): unknown {
    if (this.random() < rate) return this.odd()
    if (typeof node === 'string' && this.random() < rate / 2) return this.text(node)
    if (Array.isArray(node)) return node.map(inner => this.tree(inner, rate))
    if (typeof node !== 'object' || node === null) return node
    const copy: Record<string, unknown> = {}
    for (const [key, inner] of Object.entries(node))
      if (this.random() >= rate / 2) copy[this.random() < rate / 4 ? CANARY : key] = this.tree(inner, rate)
    return copy
  }

  /** A cut, a repetition, or other characters. */
  text(text: string): string {
    const at = this.below(text.length + 1)
    const kinds = [
      () => text.slice(0, at),
      () => text.slice(0, at) + CANARY + text.slice(at),
      () => text.slice(0, at) + String.fromCharCode(this.below(0x300)) + text.slice(at + 1),
      () => text + text,
    ]
    return kinds[this.below(kinds.length)]!()
  }
}

/**
 * `body` takes each candidate: it returns (with expectations of its own) or throws `refused`. Anything else, and any error that holds
 * what was in the candidate, fails.
 */
export function fuzzed(
  good: unknown,
  body: (candidate: unknown) => void,
  { seed = 20_300_101, words = [] as readonly unknown[], codes = ['refused'] } = {},
): { understood: number; refused: number; cpuMs: number } {
  const fuzz = new Fuzz(seed, words)
  const seen = { understood: 0, refused: 0, cpuMs: 0 }
  // of this thread: the clock on the wall measures what else the machine does
  const began = process.threadCpuUsage()
  // frames name files, not data, and take longer than everything else here
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  for (let run = 0; run < RUNS; run++) {
    const rate = [0.02, 0.1, 0.3, 1][fuzz.below(4)]!
    const candidate = typeof good === 'string' ? textual(fuzz, good, rate) : fuzz.tree(good, rate)
    try {
      body(candidate)
      seen.understood++
    } catch (error) {
      if (!(error instanceof RotationError) || !codes.includes(error.code)) throw error
      const { message, at, next, stack } = error
      if (`${message}${at}${next}${stack}`.includes(CANARY)) throw new Error(`the input of run ${run} is in the error`)
      seen.refused++
    }
  }
  Error.stackTraceLimit = stackTraceLimit
  const { user, system } = process.threadCpuUsage(began)
  seen.cpuMs = (user + system) / 1_000
  return seen
}

/** JSON as a text: of a changed tree, or itself with other characters. */
function textual(fuzz: Fuzz, good: string, rate: number): unknown {
  const kind = fuzz.below(5)
  if (kind === 0) return fuzz.odd()
  return kind === 1 ? fuzz.text(good) : JSON.stringify(fuzz.tree(JSON.parse(good), rate))
}
