import { flag, type Input, integer, list, required, text } from '../input.ts'
import { type Request, seenBy } from '../world.ts'
import { drop, metadata, seconds, stagesByVersion } from './describe.ts'
import { checkFilters, type Filter, matchesAll } from './filters.ts'
import { page } from './paging.ts'
import { missing } from './read.ts'

/** Default page and order are not documented: 100, newest first (as the console shows them). */
export function listSecrets(request: Request, input: Input): object {
  const filters = list<Filter>(input, 'Filters') ?? []
  checkFilters(filters)
  const planned = flag(input, 'IncludePlannedDeletion') ?? false
  const seen = request.world.regions
    .located(request.region)
    .flatMap(found => {
      const state = seenBy(request, found)
      return state ? [{ found, state }] : []
    })
    .filter(({ state }) => (planned || state.deletedAt === undefined) && matchesAll(state, filters))
    .sort(byKey(text(input, 'SortBy'), text(input, 'SortOrder')))
  const { items, next } = page(seen, text(input, 'NextToken'), integer(input, 'MaxResults', 1, 100) ?? 100)
  return {
    SecretList: items.map(({ found, state }) => ({
      ...metadata(found, state),
      ...drop({ SecretVersionsToStages: stagesByVersion(state) }),
    })),
    ...(next !== undefined && { NextToken: next }),
  }
}

type Entry = {
  found: { record: { accessedAt: number | undefined } }
  state: { name: string; createdAt: number; changedAt: number }
}

function byKey(sortBy: string | undefined, order: string | undefined): (one: Entry, other: Entry) => number {
  const key = (entry: Entry): number | string => {
    if (sortBy === 'name') return entry.state.name
    if (sortBy === 'last-changed-date') return entry.state.changedAt
    if (sortBy === 'last-accessed-date') return entry.found.record.accessedAt ?? 0
    return entry.state.createdAt
  }
  const sign = order === 'asc' ? 1 : -1
  return (one, other) => (key(one) < key(other) ? -sign : key(one) > key(other) ? sign : 0)
}

/** Without IncludeDeprecated, versions under a label only. It lists no InvalidRequestException: deleted secrets are listed. */
export function listSecretVersionIds(request: Request, input: Input): object {
  const found = request.world.regions.locate(request.region, required(input, 'SecretId'))
  const state = seenBy(request, found)
  if (!state) throw missing()
  const deprecated = flag(input, 'IncludeDeprecated') ?? false
  const shown = [...state.versions.values()].filter(version => deprecated || version.stages.size > 0)
  const { items, next } = page(shown, text(input, 'NextToken'), integer(input, 'MaxResults', 1, 100) ?? 100)
  return {
    ARN: state.arn,
    Name: state.name,
    Versions: items.map(version =>
      drop({
        VersionId: version.id,
        VersionStages: version.stages.size ? [...version.stages].sort() : undefined,
        LastAccessedDate: seconds(found.record.lastAccessed.get(version.id)),
        CreatedDate: seconds(version.createdAt),
        // Recorded on AWS for the managed key.
        KmsKeyIds: [version.kmsKeyId ?? 'DefaultEncryptionKey'],
      }),
    ),
    ...(next !== undefined && { NextToken: next }),
  }
}
