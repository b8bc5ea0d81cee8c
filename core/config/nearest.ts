/**
 * "Did you mean …?"
 * @module
 */
import { distance } from 'fastest-levenshtein'

/** The known word that `word` most likely is a misspelling of. */
export function nearest(word: unknown, known: readonly string[]): string | undefined {
  if (typeof word !== 'string') return undefined
  const typed = word.toLowerCase()
  const [best] = known
    .map(candidate => ({ candidate, changes: distance(typed, candidate.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes)
  // Two exchanged letters are two changes; with half of its letters changed it is another word.
  const tolerated = word.length < 4 ? 1 : Math.max(2, word.length * 0.4)
  return best !== undefined && best.changes <= tolerated ? best.candidate : undefined
}

export function didYouMean(word: unknown, known: readonly string[]): string {
  const candidate = nearest(word, known)
  return candidate === undefined ? '' : `; did you mean '${candidate}'?`
}
