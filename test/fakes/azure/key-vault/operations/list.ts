import { createHash } from 'node:crypto'
import { deletedItem, item } from '../bundle.ts'
import { badParameter, notFound } from '../errors.ts'
import { pageSize } from '../input.ts'
import { latestOf } from '../model.ts'
import { type Request, seenBy } from '../world.ts'
import { live } from './read.ts'

interface Entry {
  readonly key: string
  readonly show: () => object
}

/** The latest version of each, disabled or not, certificates' too; ids without a version, no values. */
export function getSecrets(request: Request): object {
  const now = request.world.now()
  const entries = request.vault.records().flatMap(record => {
    const name = record.state?.name
    const state = name === undefined ? undefined : seenBy(request, request.vault.find(name, now)!)
    if (!state || state.deletion || (state.busyUntil ?? 0) > now) return []
    return [{ key: state.name, show: () => item(request, state, latestOf(state), true) }]
  })
  return page(request, entries)
}

/** Disabled ones too. That an unknown or deleted secret is 404 was seen of the service. */
export function getSecretVersions(request: Request): object {
  const record = request.vault.find(request.name, request.world.now())
  if (!record) throw notFound(request.name)
  const state = live(request, seenBy(request, record))
  const entries = [...state.versions.values()].map(version => ({
    key: version.id,
    show: () => item(request, state, version),
  }))
  return page(request, entries)
}

export function getDeletedSecrets(request: Request): object {
  const now = request.world.now()
  const entries = request.vault.records().flatMap(record => {
    const name = record.state?.name
    const state = name === undefined ? undefined : request.vault.find(name, now)?.state
    if (!state?.deletion || (state.busyUntil ?? 0) > now) return []
    return [{ key: state.name, show: () => deletedItem(request, state, true) }]
  })
  return page(request, entries)
}

/**
 * No order is promised, and none is given: entries come in the order of a hash of their keys, which is the same in every
 * run and goes on where it stopped although others come and go meanwhile.
 */
function page({ query, origin, path, apiVersion }: Request, entries: readonly Entry[]): object {
  const size = pageSize(query)
  const after = skipped(query)
  const left = entries
    .map(entry => ({ ...entry, place: createHash('sha256').update(entry.key).digest('hex') }))
    .filter(({ place }) => after === undefined || place > after)
    .sort((one, other) => (one.place < other.place ? -1 : 1))
  const shown = left.slice(0, size)
  const token = Buffer.from(JSON.stringify({ after: shown.at(-1)?.place })).toString('base64url')
  const next = `${origin}${path}?api-version=${apiVersion}&$skiptoken=${token}&maxresults=${size}`
  return { value: shown.map(({ show }) => show()), nextLink: left.length > size ? next : null }
}

function skipped(query: URLSearchParams): string | undefined {
  const token = query.get('$skiptoken')
  if (token === null) return undefined
  try {
    return (JSON.parse(Buffer.from(token, 'base64url').toString()) as { after: string }).after
  } catch {
    throw badParameter('The skip token is not valid.')
  }
}
