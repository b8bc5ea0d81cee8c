import { invalidParameter } from '../errors.ts'
import type { SecretState } from '../model.ts'

export interface Filter {
  readonly Key?: string
  readonly Values?: readonly string[]
}

type Matcher = (state: SecretState, value: string) => boolean

const startsWith = (text: string | undefined, prefix: string): boolean => text?.startsWith(prefix) ?? false
const lower = (text: string | undefined): string => (text ?? '').toLowerCase()

/** Shape Filter: prefix matches, case-sensitive but for description and all. tag-key and tag-value know nothing of each other. */
const matchers: Readonly<Record<string, Matcher>> = {
  description: (state, value) => startsWith(lower(state.description), lower(value)),
  name: (state, value) => startsWith(state.name, value),
  'tag-key': (state, value) => [...state.tags.keys()].some(key => startsWith(key, value)),
  'tag-value': (state, value) => [...state.tags.values()].some(each => startsWith(each, value)),
  'primary-region': (state, value) => startsWith(state.primaryRegion, value),
  'owning-service': (state, value) => startsWith(state.owningService, value),
  all: (state, value) =>
    lower(value)
      .split(/\W+/)
      .filter(Boolean)
      .every(word => mentions(state, word)),
}

function mentions(state: SecretState, word: string): boolean {
  const attributes = [
    state.name,
    state.description,
    state.primaryRegion,
    state.owningService,
    ...state.tags.keys(),
    ...state.tags.values(),
  ]
  return attributes.some(attribute => lower(attribute).includes(word))
}

/** Shapes FiltersListType (up to 10) and FilterValuesStringList (1-10). */
export function checkFilters(filters: readonly Filter[]): void {
  if (filters.length > 10) throw invalidParameter('You can use up to 10 filters.')
  for (const { Key, Values } of filters) {
    if (!Key || !Object.hasOwn(matchers, Key)) throw invalidParameter('The filter key is not valid.')
    if (!Values || Values.length < 1 || Values.length > 10) throw invalidParameter('A filter has 1 to 10 values.')
  }
}

/** Filters are joined by and, the values of one by or; a value that begins with `!` excludes. */
export const matchesAll = (state: SecretState, filters: readonly Filter[]): boolean =>
  filters.every(({ Key, Values }) => {
    const matcher = matchers[Key!]!
    const wanted = Values!.filter(value => !value.startsWith('!'))
    const unwanted = Values!.filter(value => value.startsWith('!')).map(value => value.slice(1))
    if (unwanted.some(value => matcher(state, value))) return false
    return wanted.length === 0 || wanted.some(value => matcher(state, value))
  })
