// Who may do what, how often, and with which keys. Sources: https://cloud.google.com/secret-manager/docs/access-control,
// https://cloud.google.com/secret-manager/quotas, https://cloud.google.com/secret-manager/docs/cmek, service.proto.
import { describe, expect, it } from 'vitest'
import {
  ANSWERED,
  addVersion,
  MINUTE,
  NAME,
  PARENT,
  patch,
  read,
  refused,
  type Stage,
  stage,
  stageWith,
} from './secret-manager/support.ts'

const VERSION = { name: `${NAME}/versions/1` }

/** Each call with the permission that it needs and the resource that the denial names. */
const calls: readonly [permission: string, resource: string, call: (sdk: Stage['sdk']) => Promise<unknown>][] = [
  ['secrets.list', PARENT, sdk => sdk.listSecrets({ parent: PARENT })],
  [
    'secrets.create',
    PARENT,
    sdk => sdk.createSecret({ parent: PARENT, secretId: 'x', secret: { replication: { automatic: {} } } }),
  ],
  ['secrets.get', NAME, sdk => sdk.getSecret({ name: NAME })],
  ['secrets.update', NAME, sdk => patch(sdk, { labels: {} })],
  ['versions.list', NAME, sdk => sdk.listSecretVersions({ parent: NAME })],
  ['versions.add', NAME, sdk => addVersion(sdk, 'x')],
  ['versions.get', VERSION.name, sdk => sdk.getSecretVersion(VERSION)],
  ['versions.access', VERSION.name, sdk => sdk.accessSecretVersion(VERSION)],
  ['versions.disable', VERSION.name, sdk => sdk.disableSecretVersion(VERSION)],
  ['versions.enable', VERSION.name, sdk => sdk.enableSecretVersion(VERSION)],
  ['versions.destroy', VERSION.name, sdk => sdk.destroySecretVersion(VERSION)],
  ['secrets.getIamPolicy', NAME, sdk => sdk.getIamPolicy({ resource: NAME })],
  ['secrets.setIamPolicy', NAME, sdk => sdk.setIamPolicy({ resource: NAME, policy: { bindings: [] } })],
  ['secrets.delete', NAME, sdk => sdk.deleteSecret({ name: NAME })],
]

describe('permissions', () => {
  it.each(calls)(
    '%s: denied in the recorded words where it is missing, allowed where it alone is granted',
    async (short, resource, call) => {
      await using at = await stageWith('one')
      const permission = `secretmanager.${short}`
      at.fake.permissions.denyAction('without', permission)
      const text = `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`
      const error = await refused(call(at.open({ token: 'without' })), 'PERMISSION_DENIED', text)
      expect(error).toMatchObject({ reason: 'IAM_PERMISSION_DENIED', errorInfoMetadata: { permission, resource } })
      at.fake.permissions.grant('with', [short])
      await call(at.open({ token: 'with' }))
      await refused(
        at.open({ token: 'with' }).getSecret({ name: `${NAME}-x` }),
        short === 'secrets.get' ? 'NOT_FOUND' : 'PERMISSION_DENIED',
      )
    },
  )

  it('a denial does not tell whether the resource exists; who may look is told that it does not', async () => {
    await using at = await stage()
    at.fake.permissions.grant('reader', ['secrets.get'], [`${PARENT}/secrets/*`])
    const reader = at.open({ token: 'reader' })
    await refused(reader.getSecret({ name: NAME }), 'NOT_FOUND')
    await refused(reader.accessSecretVersion(VERSION), 'PERMISSION_DENIED', '(or it may not exist)')
  })

  it('grants are of resources; a deny outweighs them; every transport brings its token', async () => {
    await using at = await stageWith('one')
    at.fake.service.createSecret({ id: 'other', value: 'two' })
    at.fake.permissions.grant('app', ['versions.access'], [`${NAME}/versions/*`])
    for (const over of ['grpc', 'rest', 'in process'] as const) {
      const app = at.open({ token: 'app', over })
      expect(await read(app, 'latest')).toBe('one')
      const other = app.accessSecretVersion({ name: `${PARENT}/secrets/other/versions/1` })
      await refused(other, 'PERMISSION_DENIED')
      await refused(addVersion(app, 'x'), 'PERMISSION_DENIED', "'secretmanager.versions.add'")
    }
    at.fake.permissions.denyAction('app', 'versions.access')
    await refused(read(at.open({ token: 'app' }), 1), 'PERMISSION_DENIED')
    at.fake.permissions.reset('app')
    expect(await read(at.open({ token: 'app' }), 1)).toBe('one')
  })

  it('another project is denied, whether it exists or not', async () => {
    await using at = await stageWith('one')
    const name = 'projects/another/secrets/app-db'
    await refused(at.sdk.getSecret({ name }), 'PERMISSION_DENIED', `for resource '${name}' (or it may not exist).`)
  })

  it('testIamPermissions answers those that the caller has, none for a secret that does not exist (service.proto)', async () => {
    await using at = await stageWith('one')
    at.fake.permissions.grant('app', ['versions.*'])
    const permissions = ['secretmanager.versions.access', 'secretmanager.secrets.update']
    const app = at.open({ token: 'app' })
    expect((await app.testIamPermissions({ resource: NAME, permissions }))[0].permissions).toEqual([permissions[0]])
    expect((await app.testIamPermissions({ resource: `${NAME}-x`, permissions }))[0].permissions).toEqual([])
  })

  it('policies are kept, with an etag that is enforced; empty where none was set (service.proto)', async () => {
    await using at = await stageWith()
    const [empty] = await at.sdk.getIamPolicy({ resource: NAME })
    expect(empty.bindings).toEqual([])
    const bindings = [{ role: 'roles/secretmanager.secretAccessor', members: ['user:a@b.example'] }]
    const policy = { bindings, etag: empty.etag! }
    const [set] = (await at.sdk.setIamPolicy({ resource: NAME, policy })) as unknown as [object]
    expect((await at.sdk.getIamPolicy({ resource: NAME }))[0]).toEqual(set)
    const stale = at.sdk.setIamPolicy({ resource: NAME, policy: { bindings: [], etag: Buffer.from('old') } })
    await refused(stale, 'ABORTED')
  })
})

describe('quotas, once they are enforced', () => {
  const count = async (call: () => Promise<unknown>, times: number) => {
    const results = await Promise.allSettled(Array.from({ length: times }, call))
    return results.filter(each => each.status === 'fulfilled').length
  }

  it('a global secret: 2 adds and patches a second, 120 a minute', async () => {
    await using at = await stageWith('one')
    at.fake.service.createSecret({ id: 'other' })
    at.fake.service.quotas.enforce()
    expect(await count(() => addVersion(at.sdk, 'x'), 4)).toBe(2)
    await refused(patch(at.sdk, { labels: {} }), 'RESOURCE_EXHAUSTED', "project_number:123456789012'")
    await addVersion(at.sdk, 'x', `${PARENT}/secrets/other`)
    await at.sdk.getSecret({ name: NAME })
    let done = 2
    for (let second = 1; second < 60; second++) {
      at.pass(1000)
      done += await count(() => addVersion(at.sdk, 'x'), 3)
    }
    expect(done).toBe(120)
    at.pass(1000)
    await addVersion(at.sdk, 'x')
    at.fake.service.quotas.enforce(false)
    expect(await count(() => addVersion(at.sdk, 'x'), 9)).toBe(9)
  })

  it('a version’s state: once a second; a regional secret: 80 and 50', async () => {
    await using at = await stageWith('one', 'two')
    await at.fake.openLocation('us-east1')
    at.fake.service.createSecret({ id: 'app-db', location: 'us-east1', value: 'x' })
    at.fake.service.quotas.enforce()
    expect(await count(() => at.sdk.disableSecretVersion(VERSION), 3)).toBe(1)
    await at.sdk.disableSecretVersion({ name: `${NAME}/versions/2` })
    const east = at.open({ location: 'us-east1' })
    const name = `${PARENT}/locations/us-east1/secrets/app-db`
    expect(await count(() => east.disableSecretVersion({ name: `${name}/versions/1` }), 60)).toBe(50)
    expect(await count(() => addVersion(east, 'x', name), 90)).toBe(80)
  })

  it('600 reads and 600 writes a minute for the project; access has its own', async () => {
    await using at = await stageWith('one')
    at.fake.service.quotas.enforce()
    expect(await count(() => at.sdk.getSecret({ name: NAME }), 610)).toBe(600)
    expect(await read(at.sdk, 1)).toBe('one')
    await addVersion(at.sdk, 'x')
    at.pass(MINUTE)
    await at.sdk.getSecret({ name: NAME })
  })
})

describe('customer-managed keys', () => {
  const key = `${PARENT}/locations/global/keyRings/r/cryptoKeys/k`

  it('a disabled key refuses adding and reading what it encrypts; metadata stays readable', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ id: 'app-db', value: 'one', key })
    at.fake.service.keys.disable(key)
    await refused(read(at.sdk, 1), 'FAILED_PRECONDITION', 'is not enabled, current state is: DISABLED')
    await refused(addVersion(at.sdk, 'two'), 'FAILED_PRECONDITION')
    expect(
      (await at.sdk.getSecret({ name: NAME }))[0].replication?.automatic?.customerManagedEncryption?.kmsKeyName,
    ).toBe(key)
    const [version] = await at.sdk.getSecretVersion(VERSION)
    expect(version.replicationStatus?.automatic?.customerManagedEncryption?.kmsKeyVersionName).toBe(`${key}/versions/1`)
    at.fake.service.keys.enable(key)
    expect(await read(at.sdk, 1)).toBe('one')
  })

  it('another key is for versions added afterwards only (resources.proto)', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ id: 'app-db', value: 'one', key })
    await patch(at.sdk, { replication: { automatic: { customerManagedEncryption: { kmsKeyName: `${key}-2` } } } })
    await addVersion(at.sdk, 'two')
    at.fake.service.keys.disable(key)
    await refused(read(at.sdk, 1), 'FAILED_PRECONDITION')
    expect(await read(at.sdk, 2)).toBe('two')
  })
})

describe('managed rotation (service.proto: EnableManagedRotation, RotateSecret)', () => {
  it('shows in the secret; the service adds the versions', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ id: 'app-db', secretType: 'CLOUD_SQL_DB_CREDENTIALS' })
    const credentials = { instanceId: 'db-1', username: 'app' }
    await refused(at.sdk.rotateSecret({ parent: NAME }), 'FAILED_PRECONDITION')
    const enable = () => at.sdk.enableManagedRotation({ parent: NAME, cloudSqlSingleUserCredentials: credentials })
    expect((await enable())[0].name).toBe(`${ANSWERED}/versions/1`)
    await refused(enable(), 'FAILED_PRECONDITION')
    expect((await at.sdk.rotateSecret({ parent: NAME }))[0].name).toBe(`${ANSWERED}/versions/2`)
    const [secret] = await at.sdk.getSecret({ name: NAME })
    expect(secret.secretType).toBe('CLOUD_SQL_DB_CREDENTIALS')
    expect(secret.rotation?.managedRotationStatus?.state).toBe('ACTIVE')
  })

  it('is for its own type of secret', async () => {
    await using at = await stageWith()
    const credentials = { instanceId: 'db-1', username: 'app' }
    const call = at.sdk.enableManagedRotation({ parent: NAME, cloudSqlSingleUserCredentials: credentials })
    await refused(call, 'FAILED_PRECONDITION')
  })
})
