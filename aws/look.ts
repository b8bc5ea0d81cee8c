/**
 * What one run has seen of one secret, kept up with the run's own writes: so that each write is conditional on what the run
 * decided on, and nothing is asked twice.
 * @module
 */
import type { VersionId } from '../core/ports/secret-store.ts'
import { CURRENT, PREVIOUS } from './labels.ts'
import type { Described, Fetched } from './requests.ts'
import { holderOf, type Meaning, meaningOf } from './state.ts'
import type { Tags } from './tags.ts'

export class Look {
  /** What the secret may be called in the names of rotations. */
  readonly names: readonly string[]
  readonly values = new Map<VersionId, Fetched>()
  /** The token under which this run holds the retirement. */
  holder: string | undefined
  /** When this run noted that it sets what is pending. */
  setAt: number | undefined
  /** What replicas show of it: the same labels; not known, after a move; or not in time, and they are not asked again. */
  replicas: 'settled' | 'unknown' | 'lagging' = 'unknown'
  #described: Described

  constructor(id: string, described: Described) {
    this.names = [...new Set([id, described.name, described.arn])]
    this.#described = described
  }

  get described(): Described {
    return this.#described
  }

  /** Throws nothing: a secret without a current version has no meaning, and is not looked at. */
  get meaning(): Meaning {
    return meaningOf(this.#described, this.names, version => this.values.get(version)?.createdAt)!
  }

  /** Another look at the same secret by the same run. */
  renew(described: Described): void {
    this.#described = described
  }

  /** A label was moved by this run; AWSPREVIOUS follows AWSCURRENT. */
  moved(label: string, to: VersionId | undefined): void {
    const from = holderOf(this.#described.stages, label)
    if (label === CURRENT && from !== undefined && from !== to) this.#attach(PREVIOUS, from)
    this.#attach(label, to)
  }

  tagged(tags: Tags): void {
    this.#described = { ...this.#described, tags: { ...this.#described.tags, ...tags } }
  }

  /** Whether labels and tags are what this run has seen, and made of them. */
  isSame({ stages, tags }: Described): boolean {
    const known = this.#described
    return sameStages(stages, known.stages) && JSON.stringify(tags) === JSON.stringify(known.tags)
  }

  #attach(label: string, to: VersionId | undefined): void {
    const stages = new Map<VersionId, readonly string[]>()
    for (const [version, labels] of this.#described.stages) {
      const left = labels.filter(each => each !== label)
      if (left.length > 0) stages.set(version, left)
    }
    if (to !== undefined) stages.set(to, [...(stages.get(to) ?? []), label])
    this.#described = { ...this.#described, stages }
  }
}

export const sameStages = (one: Described['stages'], other: Described['stages']): boolean =>
  printOf(one) === printOf(other)

/** Independent of the order in which the service names versions and labels. */
const printOf = (stages: Described['stages']): string =>
  JSON.stringify([...stages].map(([version, labels]) => [version, labels.toSorted()]).toSorted())
