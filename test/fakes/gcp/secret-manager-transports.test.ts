// One service over three transports: gRPC, REST, and the client without sockets must tell the same story.
import { expect, it } from 'vitest'
import {
  addVersion,
  NAME,
  PARENT,
  patch,
  read,
  refused,
  type Stage,
  stage,
  stageWith,
} from './secret-manager/support.ts'

type Step = (sdk: Stage['sdk']) => Promise<unknown>

const secret = { replication: { automatic: {} }, labels: { a: 'b' }, topics: [{ name: 'projects/p/topics/t' }] }
const version = (number: number | string) => ({ name: `${NAME}/versions/${number}` })

const steps: readonly Step[] = [
  sdk => sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret }),
  sdk => sdk.createSecret({ parent: PARENT, secretId: 'app-db', secret }),
  sdk => addVersion(sdk, Buffer.from([0, 255, 128])),
  sdk => addVersion(sdk, 'ünïcode'),
  sdk => sdk.addSecretVersion({ parent: NAME, payload: { data: Buffer.from('x'), dataCrc32c: 1 } }),
  sdk => sdk.accessSecretVersion(version(1)),
  sdk => read(sdk, 'latest'),
  sdk => sdk.getSecretVersion(version('latest')),
  sdk => sdk.getSecretVersion(version('none')),
  sdk => patch(sdk, { versionAliases: { current: 1 }, annotations: { 'lockstep.state': '{"a":"ä"}' } }),
  sdk => patch(sdk, { labels: {}, etag: '"0"' }),
  sdk => patch(sdk, { topics: [], versionDestroyTtl: { seconds: 86_400 }, ttl: { seconds: 7200 } }),
  sdk => sdk.updateSecret({ secret: { name: NAME } }),
  sdk => sdk.getSecret({ name: NAME }),
  sdk => sdk.listSecrets({ parent: PARENT, filter: 'name:app AND labels.a=b' }),
  sdk => sdk.listSecretVersions({ parent: NAME, pageSize: 1 }, { autoPaginate: false }),
  sdk => sdk.disableSecretVersion(version(2)),
  sdk => read(sdk, 'latest'),
  sdk => sdk.enableSecretVersion({ ...version(2), etag: '"0"' }),
  sdk => sdk.destroySecretVersion(version(1)),
  sdk => sdk.setIamPolicy({ resource: NAME, policy: { bindings: [{ role: 'roles/x', members: ['user:a@b'] }] } }),
  sdk => sdk.getIamPolicy({ resource: NAME }),
  sdk => sdk.testIamPermissions({ resource: NAME, permissions: ['secretmanager.secrets.get'] }),
  sdk => sdk.deleteSecret({ name: NAME }),
  sdk => sdk.getSecret({ name: NAME }),
  sdk => sdk.getSecret({ name: 'bogus/name' }).catch(error => ({ code: error.code })),
]

/** What each step answered, or the code and text that it was refused with: gRPC puts both before the text. */
async function story(over: 'grpc' | 'rest' | 'in process'): Promise<unknown[]> {
  await using at = await stage()
  const sdk = at.open({ over })
  const told: unknown[] = []
  for (const step of steps) {
    told.push(
      await step(sdk).then(
        answer => (Array.isArray(answer) ? answer[0] : answer),
        (error: { code: number; message: string }) => [error.code, error.message.replace(/^\d+ [A-Z_]+: /, '')],
      ),
    )
  }
  return JSON.parse(JSON.stringify(told)) as unknown[]
}

it('answers and refusals are the same; the bytes of a value too', async () => {
  const grpc = await story('grpc')
  expect(await story('in process')).toEqual(grpc)
  const rest = await story('rest')
  for (const [index, told] of rest.entries()) {
    // A name that fits no route never reaches the service over HTTP.
    if (index < steps.length - 1) expect(told, `step ${index}`).toEqual(grpc[index])
  }
})

it('a REST error has Google’s JSON shape, and HTTP 400 for FAILED_PRECONDITION (google/rpc/code.proto)', async () => {
  await using at = await stageWith('one')
  at.fake.permissions.grant('nobody', [])
  const send = (authorization?: string) =>
    at.fake.rest({ method: 'GET', url: `/v1/${NAME}/versions/2:access`, body: '', authorization })
  const missing = await send()
  expect(missing.status).toBe(404)
  expect(JSON.parse(missing.body)).toEqual({
    error: { code: 404, message: expect.stringContaining('versions/2] not found.'), status: 'NOT_FOUND' },
  })
  const denied = await send('Bearer nobody')
  expect(denied.status).toBe(403)
  expect(JSON.parse(denied.body).error.details).toMatchObject([
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'IAM_PERMISSION_DENIED' },
  ])
  at.fake.service.setVersionState('app-db', 1, 'DISABLED')
  const disabled = await at.fake.rest({ method: 'GET', url: `/v1/${NAME}/versions/1:access`, body: '' })
  expect([disabled.status, JSON.parse(disabled.body).error.status]).toEqual([400, 'FAILED_PRECONDITION'])
})

it('REST by hand: JSON as the service writes it, without empty fields, 64-bit numbers and bytes as text', async () => {
  await using at = await stageWith('one')
  const url = `http://${at.fake.host}:${at.fake.port}/v1/${NAME}`
  const get = async (path = '') => (await fetch(`${url}${path}`)).json() as Promise<unknown>
  expect(await get()).toEqual({
    name: expect.stringContaining('/secrets/app-db'),
    replication: { automatic: {} },
    createTime: '2026-01-05T10:00:00.000Z',
    etag: expect.stringMatching(/^".+"$/),
  })
  expect(await get('/versions/1:access')).toEqual({
    name: expect.stringContaining('/versions/1'),
    payload: { data: Buffer.from('one').toString('base64'), dataCrc32c: expect.stringMatching(/^\d+$/) },
  })
  const body = JSON.stringify({ versionAliases: { current: '1' } })
  const patched = await fetch(`${url}?updateMask=version_aliases`, { method: 'PATCH', body })
  expect(await patched.json()).toMatchObject({ versionAliases: { current: '1' } })
  expect((await fetch(`${url}?updateMask=`, { method: 'PATCH', body: '{}' })).status).toBe(200)
  expect((await fetch(url, { method: 'PATCH', body: '{}' })).status).toBe(400)
  expect((await fetch(url, { method: 'PATCH', body: '{' })).status).toBe(400)
  expect((await fetch(`${url}/bogus`)).status).toBe(404)
  expect((await fetch(`${url}?etag=%220%22`, { method: 'DELETE' })).status).toBe(400)
})

it('without a socket and without a client: the thin way in for a simulator', async () => {
  await using at = await stageWith('one')
  const answer = await at.fake.handle({ op: 'AccessSecretVersion', input: version('latest') })
  expect(answer).toMatchObject({ payload: { data: Buffer.from('one') } })
  const call = at.fake.handle({ op: 'GetSecret', input: { name: `${NAME}-x` } })
  await expect(call).rejects.toMatchObject({ status: 'NOT_FOUND', code: 5, http: 404 })
  at.fake.faults.next('GetSecret', 'lost-answer')
  await expect(at.fake.handle({ op: 'GetSecret', input: { name: NAME } })).rejects.toThrow('Connection dropped')
})

it('the log of calls: what arrived, from whom, and what was answered', async () => {
  await using at = await stageWith('one')
  await read(at.open({ token: 'app' }), 1)
  await refused(at.sdk.getSecret({ name: `${NAME}-x` }), 'NOT_FOUND')
  expect(at.fake.calls.list).toEqual([
    { op: 'AccessSecretVersion', resource: `${NAME}/versions/1`, token: 'app', at: at.now() },
    { op: 'GetSecret', resource: `${NAME}-x`, token: 'test', at: at.now(), error: 'NOT_FOUND' },
  ])
  expect(at.fake.calls.count()).toBe(2)
  at.fake.calls.reset()
  expect(at.fake.calls.count()).toBe(0)
})
