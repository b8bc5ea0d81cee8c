// Lists: order, pages, filters. Sources: service.proto of the client's package,
// https://cloud.google.com/secret-manager/docs/filtering and https://google.aip.dev/160.
import { expect, it } from 'vitest'
import { NAME, NUMBERED, PARENT, refused, type Stage, stage, stageWith } from './secret-manager/support.ts'

const ids = async (at: Stage, filter?: string) => {
  const [secrets] = await at.sdk.listSecrets({ parent: PARENT, ...(filter !== undefined && { filter }) })
  return secrets.map(each => each.name!.split('/').at(-1))
}

const numbers = async (at: Stage, filter: string) => {
  const [versions] = await at.sdk.listSecretVersions({ parent: NAME, filter })
  return versions.map(each => Number(each.name!.split('/').at(-1)))
}

it('versions newest first, without values; also those created in one millisecond', async () => {
  await using at = await stageWith('one', 'two', 'three')
  const [versions] = await at.sdk.listSecretVersions({ parent: NAME })
  expect(versions.map(each => each.name)).toEqual([3, 2, 1].map(each => `${NUMBERED}/secrets/app-db/versions/${each}`))
  expect(JSON.stringify(versions)).not.toContain('payload')
  await refused(at.sdk.listSecretVersions({ parent: `${PARENT}/secrets/missing` }), 'NOT_FOUND')
})

it('secrets newest first, with annotations and aliases', async () => {
  await using at = await stage()
  for (const id of ['b', 'c', 'a']) {
    at.fake.service.createSecret({ id, value: 'x', aliases: ['current'], annotations: { of: id } })
  }
  expect(await ids(at)).toEqual(['a', 'c', 'b'])
  const [[first]] = await at.sdk.listSecrets({ parent: PARENT })
  expect(first).toMatchObject({ annotations: { of: 'a' }, versionAliases: { current: '1' } })
})

it('pages: a token for the next one, and the size of the whole', async () => {
  await using at = await stage()
  for (let index = 0; index < 4; index++) at.fake.service.createSecret({ id: `s${index}` })
  const sizes: unknown[] = []
  const names: unknown[] = []
  let pageToken = ''
  do {
    const request = { parent: PARENT, pageSize: 2, pageToken }
    const [secrets, , answer] = await at.sdk.listSecrets(request, { autoPaginate: false })
    sizes.push(answer!.totalSize)
    names.push(...secrets.map(each => each.name!.split('/').at(-1)))
    pageToken = answer!.nextPageToken!
  } while (pageToken !== '')
  expect(names).toEqual(['s3', 's2', 's1', 's0'])
  expect(sizes).toEqual([4, 4])
  await refused(at.sdk.listSecrets({ parent: PARENT, pageToken: 'bogus' }, { autoPaginate: false }), 'INVALID_ARGUMENT')
  await refused(at.sdk.listSecrets({ parent: PARENT, pageSize: -1 }, { autoPaginate: false }), 'INVALID_ARGUMENT')
})

it('the client follows the pages by itself; a page has 25,000 at most', async () => {
  await using at = await stage()
  for (let index = 0; index < 250; index++) at.fake.service.createSecret({ id: `s${index}` })
  at.fake.calls.reset()
  expect(await ids(at)).toHaveLength(250)
  expect(at.fake.calls.count('ListSecrets')).toBe(3)
  at.fake.calls.reset()
  expect((await at.sdk.listSecrets({ parent: PARENT, pageSize: 30_000 }))[0]).toHaveLength(250)
  expect(at.fake.calls.count('ListSecrets')).toBe(1)
})

it('filters of secrets; total_size is 0 with one', async () => {
  await using at = await stage()
  const { service } = at.fake
  service.createSecret({ id: 'app-db', labels: { env: 'prod', team: 'a' }, topics: ['projects/p/topics/rotations'] })
  at.pass(3_600_000)
  service.createSecret({ id: 'app-api', labels: { env: 'test' }, annotations: { 'lockstep.state': 'x' } })
  expect(await ids(at, 'name:app-d')).toEqual(['app-db'])
  expect(await ids(at, 'name:app-db OR name:app-api')).toEqual(['app-api', 'app-db'])
  expect(await ids(at, 'labels.env=prod')).toEqual(['app-db'])
  expect(await ids(at, 'labels.env=pro')).toEqual([])
  expect(await ids(at, 'labels.env:pro')).toEqual(['app-db'])
  expect(await ids(at, 'labels.team:*')).toEqual(['app-db'])
  expect(await ids(at, 'labels:team')).toEqual(['app-db'])
  expect(await ids(at, 'NOT labels.team:*')).toEqual(['app-api'])
  expect(await ids(at, '-labels.team:*')).toEqual(['app-api'])
  expect(await ids(at, 'labels.env!=prod')).toEqual(['app-api'])
  expect(await ids(at, 'replication.automatic:*')).toEqual(['app-api', 'app-db'])
  expect(await ids(at, 'replication.user_managed.replicas.location:*')).toEqual([])
  expect(await ids(at, 'topics.name:rotations')).toEqual(['app-db'])
  expect(await ids(at, 'annotations:"lockstep.state"')).toEqual(['app-api'])
  expect(await ids(at, 'create_time<2026-01-05T10:30:00Z')).toEqual(['app-db'])
  expect(await ids(at, 'create_time>"2026-01-05T10:30:00Z" AND name:app')).toEqual(['app-api'])
  expect(await ids(at, 'name:app name:db')).toEqual(['app-db'])
  expect(await ids(at, '(name:db AND labels.env=prod) OR labels.env=test')).toEqual(['app-api', 'app-db'])
  // OR binds tighter than AND (AIP-160).
  expect(await ids(at, 'name:db OR name:api AND labels.env=test')).toEqual(['app-api'])
  const request = { parent: PARENT, filter: 'name:app' }
  const [, , answer] = await at.sdk.listSecrets(request, { autoPaginate: false })
  expect(answer?.totalSize).toBe(0)
})

it('filters of versions by state', async () => {
  await using at = await stageWith('one', 'two', 'three')
  at.fake.service.setVersionState('app-db', 2, 'DISABLED')
  at.fake.service.setVersionState('app-db', 1, 'DESTROYED')
  expect(await numbers(at, 'state:ENABLED')).toEqual([3])
  expect(await numbers(at, 'state=DISABLED')).toEqual([2])
  expect(await numbers(at, 'state:ENABLED OR state:DISABLED')).toEqual([3, 2])
  expect(await numbers(at, 'NOT state:DESTROYED')).toEqual([3, 2])
})

it.each(['name:', 'AND', '(name:a', 'name:a)', 'name:a OR', '= x', 'create_time<soon', 'name ~ "a.*"'])(
  'a filter that is none is INVALID_ARGUMENT: %s; regular expressions are the command line’s only',
  async filter => {
    await using at = await stageWith()
    await refused(at.sdk.listSecrets({ parent: PARENT, filter }), 'INVALID_ARGUMENT', 'Invalid filter.')
  },
)
