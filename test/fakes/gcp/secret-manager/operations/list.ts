import { invalid } from '../errors.ts'
import { matcher } from '../filter.ts'
import type { Input } from '../input.ts'
import { parentName } from '../names.ts'
import { secretAnswer, versionAnswer } from '../render.ts'
import { type Request, seenBy } from '../world.ts'
import { view } from './secrets.ts'

/** "If set to 0, the server decides" (service.proto): how it decides is not said. */
const DEFAULT_PAGE = 100
const LARGEST_PAGE = 25_000

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string
  readonly totalSize: number
}

export function listSecrets(request: Request, input: Input): object {
  const { world, site } = request
  const place = parentName(site, input.parent ?? '')
  const seen = world.secrets
    .all()
    .filter(({ state }) => state.name === `${place}/secrets/${state.id}`)
    .map(record => seenBy(request, record))
    .filter(state => state !== undefined)
    .sort((one, other) => other.createdAt - one.createdAt || other.sequence - one.sequence)
  const { items, ...rest } = page(seen, input, secretAnswer)
  return { secrets: items, ...rest }
}

export function listSecretVersions(request: Request, input: Input): object {
  const state = view(request, input.parent ?? '')
  const { items, ...rest } = page([...state.versions.values()].reverse(), input, each => versionAnswer(state, each))
  return { versions: items, ...rest }
}

/** Newest first; total_size is 0 when there is a filter (service.proto). */
function page<State>(states: readonly State[], input: Input, render: (state: State) => object): Page<object> {
  const { filter = '', pageSize = 0, pageToken = '' } = input
  const size = pageSize === 0 ? DEFAULT_PAGE : Math.min(pageSize, LARGEST_PAGE)
  if (size < 0) throw invalid('page_size must not be negative.')
  const from = pageToken === '' ? 0 : decode(pageToken)
  const matches = filter === '' ? undefined : matcher(filter)
  const found = matches ? states.filter(state => matches(render(state))) : states
  return {
    items: found.slice(from, from + size).map(render),
    nextPageToken: from + size < found.length ? encode(from + size) : '',
    totalSize: matches ? 0 : found.length,
  }
}

const encode = (from: number): string => Buffer.from(`from ${from}`).toString('base64url')

function decode(token: string): number {
  const from = /^from (\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1]
  if (from === undefined) throw invalid('The page token is invalid.')
  return Number(from)
}
