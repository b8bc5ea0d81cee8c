/**
 * What the client throws, in its three dialects: gRPC and REST as it is now, by the official client over sockets; and REST as older
 * versions of it answer (6.3 with google-gax 5, which npm takes under Node.js 20), as recorded.
 * Planted: HTTP 400 read as a wrong parameter whatever its body says, a disabled key taken for a disabled version: each failed here.
 */
import { afterAll, describe, expect, test } from 'vitest'
import type { RotationError } from '../../core/errors.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { mapError, statusOf } from '../../gcp/errors.ts'
import { Requests } from '../../gcp/requests.ts'
import { startSecretManager } from '../fakes/gcp/secret-manager.ts'

const fake = await startSecretManager()
afterAll(() => fake.close())
const CANARY = 'canary-of-the-service'
const KEY = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'

fake.service.createSecret({ id: 'app', value: 'one' })
fake.service.createSecret({ id: 'off', value: 'x' })
fake.service.setVersionState('off', 1, 'DISABLED')
fake.service.createSecret({ id: 'keyed', value: 'x', key: KEY })
fake.service.keys.disable(KEY)
fake.permissions.denyAction('limited', 'secretmanager.versions.access')

const call = () => ({ signal: new AbortController().signal, deadline: Date.now() + 10_000 })
const thrownBy = (asked: Promise<unknown>): Promise<RotationError> =>
  asked.then(
    () => expect.unreachable(),
    error => error,
  )

describe.each(['gRPC', 'REST'] as const)('%s, by the official client', transport => {
  const open = (token = 'test') => {
    const client = transport === 'gRPC' ? fake.client({ token }) : fake.restClient({ token })
    return new Requests(client, Date, { project: fake.projectId })
  }
  const requests = open()
  afterAll(() => requests.close())

  test('absent, disabled, and a value', async () => {
    expect(await requests.secret('none', call())).toBeUndefined()
    expect(await requests.access('app', 9, call())).toBeUndefined()
    expect(await requests.access('off', 1, call())).toBe('disabled')
    expect(((await requests.access('app', 1, call())) as SecretValue).reveal()).toBe('one')
  })

  test('an etag that has moved is `stale`', async () => {
    const seen = (await requests.secret('app', call()))!
    const { code } = await thrownBy(requests.update('app', { ...seen, etag: '"0"' }, { annotations: {} }, call()))
    expect(code).toBe('stale')
  })

  test('a key that is disabled is no disabled version, and no change of the secret', async () => {
    for (const asked of [requests.access('keyed', 1, call()), requests.add('keyed', SecretValue.of('y'), call())])
      expect(await thrownBy(asked)).toMatchObject({
        code: 'access-denied',
        message: expect.stringContaining('KMS key'),
        next: expect.stringContaining('gcloud kms keys versions enable'),
      })
  })

  test.each([
    ['throttle', 'busy'],
    ['expired-token', 'access-denied'],
    ['unavailable', 'store-unavailable'],
    ['deadline', 'store-unavailable'],
    ['error:INTERNAL', 'store-unavailable'],
    ['reset', 'store-unavailable'],
  ] as const)('a read with %s is `%s`', async (fault, code) => {
    fake.faults.next('GetSecret', fault, 9)
    expect((await thrownBy(requests.secret('app', call()))).code).toBe(code)
    fake.faults.clear()
  })

  test.each(['unavailable', 'deadline', 'lost-answer', 'error:INTERNAL'] as const)(
    'a write with %s may have been applied',
    async fault => {
      fake.faults.next('AddSecretVersion', fault)
      expect((await thrownBy(requests.add('app', SecretValue.of('two'), call()))).code).toBe('unknown')
      fake.faults.clear()
    },
  )

  test('a denial names the permission', async () => {
    const limited = open('limited')
    expect((await thrownBy(limited.access('app', 1, call()))).message).toBe(
      'secretmanager.versions.access on app is not allowed.',
    )
    await limited.close()
  })

  test('a value that is too large, or empty, is refused', async () => {
    for (const value of ['', 'x'.repeat(65_537)])
      expect((await thrownBy(requests.add('app', SecretValue.of(value), call()))).code).toBe('refused')
  })

  test('a server that is not there has not been asked', async () => {
    const options = { port: 9 }
    const client = transport === 'gRPC' ? fake.client({ options }) : fake.restClient({ options })
    const nowhere = new Requests(client, Date, { project: fake.projectId })
    const soon = { ...call(), deadline: Date.now() + 1_500 }
    expect((await thrownBy(nowhere.secret('app', soon))).code).toBe('store-unavailable')
    await nowhere.close()
  })
})

/** `e.code` is HTTP's, and the message is the body. */
const gaxios = (code: number | string, status?: string, message = CANARY) =>
  Object.assign(new Error(status ? JSON.stringify({ error: { code: Number(code), message, status } }) : message), {
    name: 'GaxiosError',
    code,
  })

describe('REST, as older clients throw it', () => {
  test.each([
    [gaxios(400, 'FAILED_PRECONDITION'), 'stale'],
    [gaxios('400', 'FAILED_PRECONDITION'), 'stale'],
    [gaxios(400, 'INVALID_ARGUMENT'), 'refused'],
    [gaxios(400), 'refused'],
    [gaxios(401, 'UNAUTHENTICATED'), 'access-denied'],
    [gaxios(403, 'PERMISSION_DENIED'), 'access-denied'],
    [gaxios(404, 'NOT_FOUND'), 'secret-not-found'],
    [gaxios(409, 'ALREADY_EXISTS'), 'refused'],
    [gaxios(409, 'ABORTED'), 'stale'],
    [gaxios(429, 'RESOURCE_EXHAUSTED'), 'busy'],
    [gaxios(500, 'INTERNAL'), 'unknown'],
    [gaxios(503, 'UNAVAILABLE'), 'unknown'],
    [gaxios(504, 'DEADLINE_EXCEEDED'), 'unknown'],
    [gaxios(502, undefined, `<html>${CANARY}</html>`), 'unknown'],
    [gaxios('ECONNREFUSED'), 'store-unavailable'],
    [gaxios('ENOTFOUND'), 'store-unavailable'],
    [gaxios('ECONNRESET'), 'unknown'],
    [Object.assign(new Error(CANARY), { code: undefined }), 'unknown'],
    [CANARY, 'unknown'],
    [undefined, 'unknown'],
  ])('%o of a write is `%s`, and nothing of its text is shown', (thrown, code) => {
    const error = mapError(thrown, { operation: 'AddSecretVersion', permission: 'p', secret: 'app', writes: true })
    expect(error.code).toBe(code)
    expect(JSON.stringify(error) + error.message + error.stack).not.toContain(CANARY)
  })

  test('a key’s refusal is told from a version’s by its name', () => {
    const ofKey = gaxios(400, 'FAILED_PRECONDITION', `${KEY}/cryptoKeyVersions/1 is not enabled`)
    const ofVersion = gaxios(400, 'FAILED_PRECONDITION', 'Secret Version [projects/1/secrets/cryptoKeys-db/versions/3]')
    const asked = { operation: 'AddSecretVersion', permission: 'p', writes: true }
    expect([mapError(ofKey, asked).code, mapError(ofVersion, asked).code]).toEqual(['access-denied', 'stale'])
  })
})

test.each([
  [{ code: 9, details: 'x' }, 'FAILED_PRECONDITION'],
  [{ code: 400, status: 'FAILED_PRECONDITION' }, 'FAILED_PRECONDITION'],
  [gaxios(400, 'FAILED_PRECONDITION'), 'FAILED_PRECONDITION'],
])('one status in three dialects: %o', (thrown, status) => {
  expect(statusOf(thrown)).toBe(status)
})
