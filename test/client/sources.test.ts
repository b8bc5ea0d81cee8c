/** Every source over the real SDK of its cloud and our fake of it, or over what it reads: what is there, absent, and denied. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ReadCall, SecretSource, Which } from '../../core/client/secret-source.ts'
import { createSecrets } from '../../core/client/secrets.ts'
import { awsSource } from '../../core/client/sources/aws.ts'
import { awsExtensionSource } from '../../core/client/sources/aws-extension.ts'
import { azureSource } from '../../core/client/sources/azure.ts'
import { environmentSource } from '../../core/client/sources/environment.ts'
import { fileSource } from '../../core/client/sources/file.ts'
import { gcpSource } from '../../core/client/sources/gcp.ts'
import { localSource } from '../../core/client/sources/local.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createKeyFile, openLocalStore } from '../../local/index.ts'
import { createSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { createKeyVault } from '../fakes/azure/key-vault.ts'
import { createSecretManager } from '../fakes/gcp/secret-manager.ts'
import { login, MemorySource } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-sources-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const call = (more: Partial<ReadCall> = {}): ReadCall => ({
  signal: new AbortController().signal,
  deadline: Date.now() + 5_000,
  fresh: false,
  ...more,
})
const textOf = async (source: SecretSource, name = 'db', which: Which = 'current') => {
  const found = await source.read(name, which, call())
  return found && (typeof found.value === 'string' ? found.value : found.value.reveal())
}
/** Through the client, which is what an application sees. */
const codeOf = (source: SecretSource, name = 'db') =>
  createSecrets({ source })
    .get(name)
    .then(
      () => 'fine',
      (error: { code: unknown }) => error.code,
    )

describe('AWS Secrets Manager', () => {
  const made = () => {
    const fake = createSecretsManager()
    const client = fake.inProcessClient({ maxAttempts: 1 })
    const source = awsSource({ client, GetSecretValueCommand })
    return { fake, source }
  }

  test('current and previous, each with the version of the service', async () => {
    const { fake, source } = made()
    fake.service.createSecret({ name: 'db', value: 'one' })
    const first = await source.read('db', 'current', call())
    expect(await source.read('db', 'previous', call())).toBeUndefined()
    fake.service.putAsPerson('db', 'two')
    expect(await textOf(source)).toBe('two')
    expect(await source.read('db', 'previous', call())).toMatchObject({ value: 'one', version: first!.version })
    expect(first!.createdAt).toBeGreaterThan(Date.now() - 60_000)
  })

  test('absent and denied', async () => {
    const { fake, source } = made()
    expect(await codeOf(source)).toBe('secret-not-found')
    fake.service.createSecret({ name: 'db', value: 'one' })
    fake.permissions.denyAction('test', 'GetSecretValue')
    expect(await codeOf(source)).toBe('access-denied')
  })
})

describe('the AWS Lambda extension', () => {
  const served = async (answer: (url: URL) => { status: number; body: object | string }) => {
    const asked: URL[] = []
    const server = createServer((request, response) => {
      const url = new URL(request.url!, 'http://localhost')
      asked.push(url)
      const allowed = request.headers['x-aws-parameters-secrets-token'] === 'session'
      const { status, body } = allowed ? answer(url) : { status: 401, body: 'unauthorised' }
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
    })
    return { asked, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  const value = { SecretString: 'one', VersionId: 'v-1', CreatedDate: '2026-01-01T00:00:00Z' }

  test('asks by name and stage, with the token of the function', async () => {
    const { asked, endpoint } = await served(() => ({ status: 200, body: value }))
    const source = awsExtensionSource({ token: () => 'session', endpoint })
    const found = await source.read('prod/db name', 'previous', call())
    expect(found).toEqual({ value: 'one', version: 'v-1', createdAt: Date.UTC(2026, 0, 1) })
    expect(asked.map(url => url.pathname + url.search)).toEqual([
      '/secretsmanager/get?secretId=prod%2Fdb+name&versionStage=AWSPREVIOUS',
    ])
  })

  test('its cache does not answer where a login was refused: another source, or the agent told to read', async () => {
    const { asked, endpoint } = await served(() => ({ status: 200, body: value }))
    const fresh = new MemorySource('two')
    const extension = awsExtensionSource({ token: 'session', endpoint, fresh })
    expect(await extension.read('db', 'current', call({ fresh: true }))).toMatchObject({ value: 'two' })
    expect(asked).toEqual([])
    const agent = awsExtensionSource({ token: 'session', endpoint, refreshNow: true })
    await agent.read('db', 'current', call({ fresh: true }))
    await agent.read('db', 'current', call())
    expect(asked.map(url => url.searchParams.get('refreshNow'))).toEqual(['true', null])
  })

  test.each([
    ['secret-not-found', { status: 400, body: 'ResourceNotFoundException: no such secret' }],
    ['access-denied', { status: 400, body: 'AccessDeniedException: not authorised' }],
    ['store-unavailable', { status: 500, body: 'an unexpected error' }],
    ['store-unavailable', { status: 200, body: {} }],
    ['store-unavailable', { status: 200, body: 'Canary, not JSON' }],
  ])('%s', async (code, answer) => {
    const { endpoint } = await served(() => answer)
    expect(await codeOf(awsExtensionSource({ token: 'session', endpoint }))).toBe(code)
  })

  test('a wrong token is denied, and no extension is unavailable', async () => {
    const { endpoint } = await served(() => ({ status: 200, body: value }))
    expect(await codeOf(awsExtensionSource({ token: 'other', endpoint }))).toBe('access-denied')
    expect(await codeOf(awsExtensionSource({ token: 'x', endpoint: 'http://127.0.0.1:1' }))).toBe('store-unavailable')
  })
})

describe('Google Secret Manager', () => {
  const made = (more: object = {}) => {
    const fake = createSecretManager()
    const source = gcpSource({ client: fake.inProcessClient(), project: fake.projectId, ...more })
    return { fake, source }
  }

  test('latest: the newest version; the one before has no name', async () => {
    const { fake, source } = made()
    fake.service.createSecret({ id: 'db', value: 'one' })
    fake.service.putAsPerson('db', 'two')
    expect(await source.read('db', 'current', call())).toEqual({ value: 'two', version: '2' })
    expect(await source.read('db', 'previous', call())).toBeUndefined()
  })

  test('an alias: what it names, not what is newest', async () => {
    const { fake, source } = made({ current: 'current', previous: 'previous' })
    fake.service.createSecret({ id: 'db', value: 'one', aliases: ['current', 'previous'] })
    fake.service.putAsPerson('db', 'two')
    expect(await textOf(source)).toBe('one')
    expect(await textOf(source, 'db', 'previous')).toBe('one')
  })

  test('absent and denied', async () => {
    const { fake, source } = made()
    expect(await codeOf(source)).toBe('secret-not-found')
    fake.service.createSecret({ id: 'db', value: 'one' })
    fake.permissions.denyAction('test', 'secretmanager.versions.access')
    expect(await codeOf(source)).toBe('access-denied')
  })
})

describe('Azure Key Vault', () => {
  test('the newest version; absent; denied', async () => {
    const fake = createKeyVault()
    const source = azureSource({ client: fake.inProcessClient({ retryOptions: { maxRetries: 0 } }) })
    expect(await codeOf(source)).toBe('secret-not-found')
    fake.service.putAsPerson('db', 'one')
    const version = fake.service.putAsPerson('db', 'two')
    const found = await source.read('db', 'current', call())
    expect(found).toMatchObject({ value: 'two', version })
    expect(found!.createdAt).toBeGreaterThan(Date.now() - 60_000)
    expect(await source.read('db', 'previous', call())).toBeUndefined()
    fake.permissions.denyAction('test', 'Microsoft.KeyVault/vaults/secrets/getSecret/action')
    expect(await codeOf(source)).toBe('access-denied')
  })
})

test('the local store: current, and previous after a rotation', async () => {
  const file = join(folder, 'store.key')
  createKeyFile(file)
  const key = { file }
  const store = await openLocalStore({ file: join(folder, 'store.db'), key, clock: systemClock, create: true })
  const source = localSource(store)
  const bounds = { ...call(), run: {} }
  await store.put('db', SecretValue.of('one'), bounds)
  expect(await textOf(source)).toBe('one')
  expect(await textOf(source, 'db', 'previous')).toBeUndefined()
  const { current } = (await store.describe('db', bounds))!
  const rotation = 'ls-1' as never
  await store.putPending('db', { rotation, base: current.version, value: SecretValue.of('two') }, bounds)
  await store.promote('db', { rotation, base: current.version }, bounds)
  expect(await textOf(source)).toBe('two')
  expect(await textOf(source, 'db', 'previous')).toBe('one')
  expect(await codeOf(source, 'absent')).toBe('secret-not-found')
  store.close()
})

test('environment variables, by the usual spelling or an own one; the version says nothing of the value', async () => {
  const env = { ORDERS_DB: 'one', EMPTY: '', mine: 'two' }
  const source = environmentSource({ env })
  expect(await textOf(source, 'orders-db')).toBe('one')
  expect(await codeOf(source, 'empty')).toBe('secret-not-found')
  expect(await textOf(environmentSource({ env, variable: () => 'mine' }))).toBe('two')
  const [one, again] = [
    await source.read('orders-db', 'current', call()),
    await source.read('orders-db', 'current', call()),
  ]
  expect(one!.version).toBe(again!.version)
  expect(one!.version).toMatch(/^[0-9a-f]{16}$/)
})

describe('mounted files', () => {
  const place = () => {
    const made = mkdtempSync(join(folder, 'mount-'))
    return { made, source: fileSource({ folder: made }) }
  }

  test('a file, without the line break at its end; another content is another version', async () => {
    const { made, source } = place()
    writeFileSync(join(made, 'db'), `${login('app', 'one')}\n`)
    const one = await source.read('db', 'current', call())
    expect(one!.value).toBe(login('app', 'one'))
    writeFileSync(join(made, 'db'), login('app', 'two'))
    const two = await source.read('db', 'current', call())
    expect(two!.version).not.toBe(one!.version)
    expect(await source.read('absent', 'current', call())).toBeUndefined()
  })

  /** As the kubelet does it: a new folder, then one rename of the link, then the old folder is removed. */
  function swap(mount: string, files: Readonly<Record<string, string>>, name: string): void {
    mkdirSync(join(mount, name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(mount, name, file), text)
    symlinkSync(name, join(mount, '..data_tmp'))
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
    for (const file of Object.keys(files)) {
      rmSync(join(mount, file), { force: true })
      symlinkSync(join('..data', file), join(mount, file))
    }
  }

  test('a secret of Kubernetes, a file a field: user and password are always of one version, while the folder is swapped', async () => {
    const { made, source } = place()
    const mount = join(made, 'db')
    mkdirSync(mount)
    swap(mount, { username: 'user-0', password: 'pw-0' }, '..0')
    let over = false
    const seen = new Set<string>()
    const reading = (async () => {
      while (!over) {
        const text = await textOf(source)
        const { username, password } = JSON.parse(text!) as { username: string; password: string }
        expect(username.slice(5)).toBe(password.slice(3))
        seen.add(username)
      }
    })()
    for (let i = 1; i <= 150; i++) {
      swap(mount, { username: `user-${i}`, password: `pw-${i}` }, `..${i}`)
      rmSync(join(mount, `..${i - 1}`), { recursive: true })
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    over = true
    await reading
    expect(seen.size).toBeGreaterThan(5)
    expect(await textOf(source)).toContain('user-150')
  })

  test('a projected volume, a file a secret', async () => {
    const { made, source } = place()
    swap(made, { db: login('app', 'one') }, '..1')
    expect(await textOf(source)).toBe(login('app', 'one'))
    swap(made, { db: login('app', 'two') }, '..2')
    expect(await textOf(source)).toBe(login('app', 'two'))
    unlinkSync(join(made, '..data'))
    expect(await source.read('db', 'current', call())).toBeUndefined()
  })

  test.each(['../db', '..', '.hidden', '/etc/passwd', 'a/../../b', ''])('%j is no name', async name => {
    expect(await codeOf(place().source, name)).toBe('config-invalid')
  })
})
