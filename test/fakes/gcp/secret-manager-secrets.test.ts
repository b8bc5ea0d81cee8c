// Secrets: create, get, patch, delete. Sources: resources.proto and service.proto of the client's package, and
// https://cloud.google.com/secret-manager/docs/etags; texts marked "recorded" were seen from the service.
import { describe, expect, it } from 'vitest'
import {
  ANSWERED,
  DAY,
  HOUR,
  NAME,
  NUMBERED,
  PARENT,
  patch,
  refused,
  stage,
  stageWith,
  TOPIC,
} from './secret-manager/support.ts'

const automatic = { automatic: {} }

describe('create', () => {
  it('keeps topics, rotation, labels, annotations, ttl and destroy ttl; answers the project’s number', async () => {
    await using at = await stage()
    const next = at.now() / 1000 + 3600
    const settings = {
      replication: automatic,
      labels: { team: 'payments' },
      annotations: { 'owner.mail': 'a@b.example' },
      topics: [{ name: TOPIC }],
      rotation: { nextRotationTime: { seconds: next }, rotationPeriod: { seconds: 7200 } },
      versionDestroyTtl: { seconds: 86_400 },
      ttl: { seconds: 7200 },
      secretType: 'OTHER_DB_CREDENTIALS' as const,
    }
    const [made] = await at.sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret: settings })
    const [got] = await at.sdk.getSecret({ name: NAME })
    expect(got).toEqual(made)
    expect(got).toMatchObject({
      name: ANSWERED,
      labels: settings.labels,
      annotations: settings.annotations,
      topics: settings.topics,
      rotation: { nextRotationTime: { seconds: String(next) }, rotationPeriod: { seconds: '7200' } },
      versionDestroyTtl: { seconds: '86400' },
      expireTime: { seconds: String(at.now() / 1000 + 7200) },
      createTime: { seconds: String(at.now() / 1000) },
      secretType: 'OTHER_DB_CREDENTIALS',
    })
    expect(got.replication?.automatic).toBeTruthy()
    expect(got.etag).toMatch(/^"[0-9a-f]+"$/)
    expect((await at.sdk.listSecretVersions({ parent: NAME }))[0]).toEqual([])
  })

  it('a name that is taken is ALREADY_EXISTS, of 8 racers one wins', async () => {
    await using at = await stage()
    const create = () => at.sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret: { replication: automatic } })
    const results = await Promise.allSettled(Array.from({ length: 8 }, create))
    expect(results.filter(each => each.status === 'fulfilled')).toHaveLength(1)
    await refused(create(), 'ALREADY_EXISTS', `Secret [${ANSWERED}] already exists.`)
  })

  it('ids: at most 255 letters, digits, - and _ (CreateSecretRequest.secret_id); replication must be given, as recorded', async () => {
    await using at = await stage()
    const create = (secretId: string, secret: object = { replication: automatic }) =>
      at.sdk.createSecret({ parent: PARENT, secretId, secret })
    await create('A-z_0'.padEnd(255, 'x'))
    for (const id of ['', 'a/b', 'a.b', 'ä', 'x'.repeat(256)]) await refused(create(id), 'INVALID_ARGUMENT')
    await refused(create('plain', {}), 'INVALID_ARGUMENT', 'Secret.replication must be provided.')
    await refused(create('none', { replication: { userManaged: { replicas: [] } } }), 'INVALID_ARGUMENT')
  })

  it('an alias cannot be given before there is a version, as recorded', async () => {
    await using at = await stage()
    const secret = { replication: automatic, versionAliases: { current: 1 } }
    const call = at.sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret })
    await refused(call, 'INVALID_ARGUMENT', "Aliases cannot be assigned to versions that don't exist")
    expect(at.fake.service.exists('app-db')).toBe(false)
  })

  it('user-managed replication is kept, and each version tells its replicas', async () => {
    await using at = await stage()
    const replicas = [{ location: 'us-east1' }, { location: 'europe-west1' }]
    const [made] = await at.sdk.createSecret({
      parent: PARENT,
      secretId: 'app-db',
      secret: { replication: { userManaged: { replicas } } },
    })
    expect(made.replication?.userManaged?.replicas).toMatchObject(replicas)
    const [version] = await at.sdk.addSecretVersion({ parent: NAME, payload: { data: Buffer.from('x') } })
    expect(version.replicationStatus?.userManaged?.replicas).toMatchObject(replicas)
  })
})

describe('etags', () => {
  it('every write changes it, a no-op included; it is quoted', async () => {
    await using at = await stageWith()
    const seen = new Set<unknown>()
    for (let index = 0; index < 5; index++) seen.add((await patch(at.sdk, { labels: { a: 'b' } })).etag)
    seen.add((await patch(at.sdk, {}, [])).etag)
    expect(seen.size).toBe(6)
    for (const etag of seen) expect(etag).toMatch(/^".+"$/)
  })

  it('a stale one is FAILED_PRECONDITION on patch and delete, and changes nothing; none is unconditional', async () => {
    await using at = await stageWith()
    const [{ etag: old }] = await at.sdk.getSecret({ name: NAME })
    const { etag } = await patch(at.sdk, { labels: { a: '1' } })
    const text = 'The etag provided in the request does not match'
    await refused(patch(at.sdk, { labels: { a: '2' }, etag: old! }), 'FAILED_PRECONDITION', text)
    await refused(at.sdk.deleteSecret({ name: NAME, etag: old! }), 'FAILED_PRECONDITION', text)
    // Without its quotes it is another etag.
    await refused(patch(at.sdk, { labels: {}, etag: etag!.slice(1, -1) }), 'FAILED_PRECONDITION', text)
    expect(at.fake.service.peek('app-db')).toMatchObject({ labels: { a: '1' }, etag })
    await patch(at.sdk, { labels: { a: '3' } })
    const [{ etag: now }] = await at.sdk.getSecret({ name: NAME })
    await at.sdk.deleteSecret({ name: NAME, etag: now! })
  })

  it('of 8 racers with the same etag one wins', async () => {
    await using at = await stageWith()
    const [{ etag }] = await at.sdk.getSecret({ name: NAME })
    const racers = Array.from({ length: 8 }, (_, index) =>
      patch(at.sdk, { annotations: { by: `${index}` }, etag: etag! }),
    )
    const results = await Promise.allSettled(racers)
    const won = results.flatMap((each, index) => (each.status === 'fulfilled' ? [index] : []))
    expect(won).toHaveLength(1)
    expect(at.fake.service.peek('app-db').annotations).toEqual({ by: `${won[0]}` })
  })

  it('a version’s change leaves the secret’s etag alone (recorded)', async () => {
    await using at = await stageWith('one')
    const before = at.fake.service.peek('app-db').etag
    await at.sdk.disableSecretVersion({ name: `${NAME}/versions/1` })
    expect(at.fake.service.peek('app-db').etag).toBe(before)
  })

  it('is judged before the request’s fields, after the secret’s existence (recorded)', async () => {
    await using at = await stageWith()
    await refused(patch(at.sdk, { labels: { A: 'x' }, etag: '"0"' }), 'FAILED_PRECONDITION')
    const missing = { name: `${PARENT}/secrets/missing`, etag: '"0"' }
    await refused(at.sdk.updateSecret({ secret: missing, updateMask: { paths: [] } }), 'NOT_FOUND')
    await refused(at.sdk.deleteSecret(missing), 'NOT_FOUND')
  })
})

describe('patch', () => {
  it('needs a mask, of fields that exist: as recorded', async () => {
    await using at = await stageWith()
    await refused(
      at.sdk.updateSecret({ secret: { name: NAME } }),
      'INVALID_ARGUMENT',
      'Field [update_mask] is required.',
    )
    for (const path of [
      'bogus',
      '*',
      'labels.team',
      'annotations.x',
      'rotation.managed_rotation_status',
      'constructor',
    ]) {
      await refused(patch(at.sdk, {}, [path]), 'INVALID_ARGUMENT', 'Request contains an invalid argument.')
    }
    for (const path of ['secret_type', 'policy_member']) {
      await refused(patch(at.sdk, {}, [path]), 'INVALID_ARGUMENT', 'immutable')
    }
    const before = at.fake.service.peek('app-db')
    await patch(at.sdk, { labels: { ignored: 'by-the-mask' } }, ['name', 'create_time', 'etag', 'tags'])
    expect(at.fake.service.peek('app-db')).toEqual({ ...before, etag: expect.not.stringMatching(before.etag) })
  })

  it('replaces the maps that it names and no others; empty clears; paths in either case (recorded)', async () => {
    await using at = await stageWith('one')
    await patch(at.sdk, { labels: { a: '1', b: '2' }, annotations: { x: '1' }, versionAliases: { current: 1 } })
    await patch(at.sdk, { labels: { c: '3' }, annotations: { y: 'not in the mask' } }, ['labels'])
    expect(at.fake.service.peek('app-db')).toMatchObject({
      labels: { c: '3' },
      annotations: { x: '1' },
      aliases: { current: 1 },
    })
    await patch(at.sdk, { versionAliases: {}, annotations: { z: '1' } }, ['versionAliases', 'annotations'])
    expect(at.fake.service.peek('app-db')).toMatchObject({ labels: { c: '3' }, annotations: { z: '1' }, aliases: {} })
  })

  it('moves aliases and annotations in one write, or not at all', async () => {
    await using at = await stageWith('one')
    await patch(at.sdk, { versionAliases: { current: 1 }, annotations: { state: 'a' } })
    const bad = patch(at.sdk, { versionAliases: { current: 2 }, annotations: { state: 'b' } })
    await refused(bad, 'INVALID_ARGUMENT', "Aliases cannot be assigned to versions that don't exist")
    expect(at.fake.service.peek('app-db')).toMatchObject({ aliases: { current: 1 }, annotations: { state: 'a' } })
  })

  it('replication cannot be changed (resources.proto: immutable)', async () => {
    await using at = await stageWith()
    const replication = { userManaged: { replicas: [{ location: 'us-east1' }] } }
    await refused(patch(at.sdk, { replication }), 'INVALID_ARGUMENT', 'Updating secret replication is not supported.')
    await patch(at.sdk, { replication: automatic })
  })

  it('aliases are 64-bit numbers: the client shows them as text', async () => {
    await using at = await stageWith('one')
    expect((await patch(at.sdk, { versionAliases: { current: 1 } })).versionAliases).toEqual({ current: '1' })
  })
})

describe('settings (resources.proto)', () => {
  it('aliases: at most 50, 63 characters, a letter first, not `latest` or `NEW`; a destroyed version may have one', async () => {
    await using at = await stageWith('one')
    const alias = (name: string) => patch(at.sdk, { versionAliases: { [name]: 1 } })
    for (const good of ['a', 'A-b_9', 'Latest', 'new', 'x'.repeat(63)]) await alias(good)
    for (const bad of ['', '1a', '_a', 'a.b', 'ä', 'latest', 'NEW', 'x'.repeat(64)]) {
      await refused(alias(bad), 'INVALID_ARGUMENT')
    }
    for (const number of [0, -1, 2]) await refused(patch(at.sdk, { versionAliases: { a: number } }), 'INVALID_ARGUMENT')
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 1]))
    await patch(at.sdk, { versionAliases: many(50) })
    await refused(patch(at.sdk, { versionAliases: many(51) }), 'INVALID_ARGUMENT', 'No more than 50 aliases')
    await at.sdk.destroySecretVersion({ name: `${NAME}/versions/1` })
    await alias('a')
  })

  it('annotations: keys of 1 to 63 characters, less than 16 KiB in all', async () => {
    await using at = await stageWith()
    const set = (annotations: Record<string, string>) => patch(at.sdk, { annotations })
    await set({ a: '', 'A.b-c_9': 'anything: {"at":"all"} ä', ['x'.repeat(63)]: '' })
    for (const key of ['', '.a', 'a.', '-', 'a b', 'ä', 'x'.repeat(64)])
      await refused(set({ [key]: '' }), 'INVALID_ARGUMENT')
    await set({ key: 'x'.repeat(16 * 1024 - 4) })
    await refused(set({ key: 'x'.repeat(16 * 1024 - 3) }), 'INVALID_ARGUMENT', '16kib')
    await refused(set({ key: 'ä'.repeat(8 * 1024) }), 'INVALID_ARGUMENT')
  })

  it('labels: at most 64, lower case, values of up to 63 characters', async () => {
    await using at = await stageWith()
    const set = (labels: Record<string, string>) => patch(at.sdk, { labels })
    await set({ a: '', 'a-b_9': '9-_a', ä: 'ß', ['x'.repeat(63)]: 'x'.repeat(63) })
    for (const key of ['', 'A', '1', '-a', 'a.b', 'x'.repeat(64)]) await refused(set({ [key]: '' }), 'INVALID_ARGUMENT')
    for (const value of ['A', 'a.b', 'a b', 'x'.repeat(64)]) await refused(set({ a: value }), 'INVALID_ARGUMENT')
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, '']))
    await set(many(64))
    await refused(set(many(65)), 'INVALID_ARGUMENT')
  })

  it('rotation: a period needs a next time, both need a topic; 300 s ahead and 3600 s at least', async () => {
    await using at = await stageWith()
    const seconds = at.now() / 1000
    const rotation = (next: number | undefined, period?: number, topics: object[] = [{ name: TOPIC }]) =>
      patch(at.sdk, {
        topics,
        rotation: {
          ...(next !== undefined && { nextRotationTime: { seconds: seconds + next } }),
          ...(period !== undefined && { rotationPeriod: { seconds: period } }),
        },
      })
    await rotation(300)
    await rotation(300, 3600)
    await refused(rotation(299), 'INVALID_ARGUMENT')
    await refused(rotation(300, 3599), 'INVALID_ARGUMENT')
    await refused(rotation(undefined, 3600), 'INVALID_ARGUMENT')
    await refused(rotation(300, 3600, []), 'INVALID_ARGUMENT', 'topics')
    await refused(rotation(3_153_600_001), 'INVALID_ARGUMENT')
    await refused(patch(at.sdk, { topics: [] }), 'INVALID_ARGUMENT', 'topics')
    await patch(at.sdk, { rotation: { nextRotationTime: { seconds: seconds + 900 } } }, ['rotation.next_rotation_time'])
    expect(at.fake.service.peek('app-db').rotation).toEqual({ nextAt: at.now() + 900_000, periodMs: HOUR })
    await patch(at.sdk, { topics: [] }, ['topics', 'rotation'])
    expect(at.fake.service.peek('app-db')).not.toHaveProperty('rotation')
  })

  it('topics: at most 10, by their full names', async () => {
    await using at = await stageWith()
    const topics = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `${TOPIC}-${index}` }))
    await patch(at.sdk, { topics: topics(10) })
    await refused(patch(at.sdk, { topics: topics(11) }), 'INVALID_ARGUMENT')
    await refused(patch(at.sdk, { topics: [{ name: 'secret-events' }] }), 'INVALID_ARGUMENT')
  })

  it('expiry: a minute ahead at least; the whole secret is gone then (resources.proto, expiration)', async () => {
    await using at = await stageWith('one')
    await refused(patch(at.sdk, { ttl: { seconds: 59 } }), 'INVALID_ARGUMENT', 'at least [1m]')
    expect((await patch(at.sdk, { ttl: { seconds: 60 } })).expireTime?.seconds).toBe(String(at.now() / 1000 + 60))
    await patch(at.sdk, {}, ['expire_time'])
    at.pass(DAY)
    await at.sdk.getSecret({ name: NAME })
    await patch(at.sdk, { expireTime: { seconds: at.now() / 1000 + 60 } })
    at.pass(60_000)
    await refused(at.sdk.getSecret({ name: NAME }), 'NOT_FOUND')
  })

  it('destroy ttl: 1 to 1000 days (https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions)', async () => {
    await using at = await stageWith()
    const ttl = (seconds: number) => patch(at.sdk, { versionDestroyTtl: { seconds } })
    await ttl(86_400)
    await ttl(86_400_000)
    await refused(ttl(86_399), 'INVALID_ARGUMENT', 'at least [24h]')
    await refused(ttl(86_400_001), 'INVALID_ARGUMENT', 'more than [24000h]')
    expect((await patch(at.sdk, {}, ['version_destroy_ttl'])).versionDestroyTtl).toBeNull()
  })
})

describe('delete', () => {
  it('takes all versions with it; the name is free again and counts from 1', async () => {
    await using at = await stageWith('one', 'two')
    await at.sdk.deleteSecret({ name: NAME })
    await refused(at.sdk.getSecret({ name: NAME }), 'NOT_FOUND', `Secret [${NUMBERED}/secrets/app-db] not found.`)
    await refused(at.sdk.accessSecretVersion({ name: `${NAME}/versions/1` }), 'NOT_FOUND')
    await refused(at.sdk.deleteSecret({ name: NAME }), 'NOT_FOUND')
    await at.sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret: { replication: automatic } })
    const [version] = await at.sdk.addSecretVersion({ parent: NAME, payload: { data: Buffer.from('x') } })
    expect(version.name).toBe(`${ANSWERED}/versions/1`)
  })
})
