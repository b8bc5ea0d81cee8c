/** Secrets, vaults and permissions that stand in the way: each is named, and nothing is changed. */
import { beforeEach, describe, expect, test } from 'vitest'
import { openAzureStore } from '../../azure/index.ts'
import { Requests } from '../../azure/requests.ts'
import { AzureSecretStore } from '../../azure/secret-store.ts'
import { RotationError } from '../../core/errors.ts'
import type { Call, RotationId } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { CONTAINER, Place } from './support.ts'

const ID = 'app-db'
const SIBLING = `${ID}-lockstep-pending`
const CANARY = 'canary-0123456789'
const VAULT = 'Microsoft.KeyVault/vaults/secrets/'
const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/'

let place: Place
beforeEach(() => {
  place = new Place()
})

async function failing(action: Promise<unknown>): Promise<RotationError> {
  const error = await action.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(JSON.stringify(error) + error.stack).not.toContain(CANARY)
  return error
}

async function bring(store: AzureSecretStore, call: Call = place.call(), id = ID, value = CANARY): Promise<RotationId> {
  const state = (await store.describe(id, call))!
  const rotation = rotationId(id, state)
  await store.putPending(id, { rotation, base: state.current.version, value: SecretValue.of(value) }, call)
  return rotation
}

/** A rotation, a retirement and a note, as the engine makes them. */
async function wholeLife(store: AzureSecretStore, call: Call): Promise<void> {
  const base = (await store.describe(ID, call))!.current.version
  const rotation = await bring(store, call)
  await store.note(ID, { setAt: place.clock.time }, call)
  await store.promote(ID, { rotation, base }, call)
  await store.unlabelled(ID, 3, call)
  await store.claimRetire(ID, base, 60_000, call)
  await store.retirePrevious(ID, base, call)
  for await (const _ of store.list({}, call));
}

const counted = () => place.vault.service.find(ID)?.versions.size

describe('permissions [fake]', () => {
  const actions = [
    [`${VAULT}getSecret/action`, 'vault'],
    [`${VAULT}setSecret/action`, 'vault'],
    [`${VAULT}update/action`, 'vault'],
    [`${VAULT}readMetadata/action`, 'vault'],
    [`${BLOBS}read`, 'blobs'],
    [`${BLOBS}write`, 'blobs'],
  ] as const

  test('these are all that the store needs', async () => {
    place.edit(ID, 'old')
    for (const [action, service] of actions) place[service].permissions.grant('least', [action])
    await wholeLife(place.store('least'), place.call())
  })

  test.each(actions)('without %s: the error names the data action and the secret', async (action, service) => {
    place.edit(ID, 'old')
    place[service].permissions.denyAction('limited', action)
    const error = await failing(wholeLife(place.store('limited'), place.call()))
    expect(error.code).toBe('access-denied')
    expect(error.message).toContain(`${action} on ${ID}`)
    expect(error.next).toContain(`a role with ${action}`)
  })

  test('in a vault with access policies: its own name of the permission too', async () => {
    place = new Place({ permissionModel: 'policy' })
    place.edit(ID, 'old')
    place.vault.permissions.denyAction('limited', 'set')
    const error = await failing(bring(place.store('limited')))
    expect([error.code, error.next]).toEqual(['access-denied', expect.stringContaining('`set`')])
  })

  test('what may not be disabled stays enabled, and the retirement is done', async () => {
    place.edit(ID, 'old')
    const call = place.call()
    const store = place.store('limited')
    const base = (await store.describe(ID, call))!.current.version
    await store.promote(ID, { rotation: await bring(store, call), base }, call)
    place.vault.permissions.denyAction('limited', 'update/action')
    await store.claimRetire(ID, base, 60_000, call)
    await store.retirePrevious(ID, base, call)
    expect((await store.describe(ID, place.call()))!.previous).toBeUndefined()
  })

  test.each(['vault', 'blobs'] as const)('the firewall of the %s: said so, and no absence', async which => {
    place.edit(ID, 'old')
    place[which].service.block()
    const error = await failing(place.store().describe(ID, place.call()))
    expect([error.code, error.message + error.next]).toEqual(['access-denied', expect.stringMatching(/firewall/)])
  })

  test('a token that was revoked says so; whoever has a new one goes on', async () => {
    place.edit(ID, 'old')
    const store = place.store()
    await store.describe(ID, place.call())
    place.vault.service.expireTokens()
    await expect(store.get(ID, place.call())).rejects.toMatchObject({ code: 'access-denied' })
    await expect(place.store().get(ID, place.call())).resolves.toBeDefined()
  })
})

describe('what Key Vault cannot hold is refused before anything is written [fake]', () => {
  test.each([
    ['app_db', 'letters, digits and hyphens'],
    ['prod/app', 'letters, digits and hyphens'],
    ['', 'letters, digits and hyphens'],
    ['a'.repeat(106 + 5), 'at most 110'],
    [SIBLING.toUpperCase(), 'another secret'],
  ])('the name %s', async (name, reason) => {
    const { store, call } = { store: place.store(), call: place.call() }
    for (const action of [store.describe(name, call), store.put(name, SecretValue.of(CANARY), call)]) {
      const error = await failing(action)
      expect([error.code, error.message]).toEqual(['refused', expect.stringContaining(reason)])
    }
    expect(place.vault.calls.count()).toBe(0)
  })

  test('a value of more than 25,000 bytes', async () => {
    place.edit(ID, 'old')
    const error = await failing(bring(place.store(), place.call(), ID, CANARY.repeat(2_000)))
    expect([error.code, error.message]).toEqual(['value-unsuitable', expect.stringContaining('25000 bytes')])
    expect(place.vault.service.find(SIBLING)).toBeUndefined()
  })

  test('thirteen tags of its own; twelve are kept', async () => {
    const tags = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`tag${n}`, 'x']))
    place.edit(ID, 'old', { tags })
    const error = await failing(bring(place.store()))
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('13 tags')])
    expect(place.vault.service.find(SIBLING)).toBeUndefined()
    const { tag0: _, ...twelve } = tags
    place.edit(ID, 'old', { tags: twelve, exp: Math.floor(place.clock.time / 1_000) + 86_400 })
    await wholeLife(place.store(), place.call())
    const { versions, latest } = place.vault.service.peek(ID)
    expect(versions.get(latest)?.tags).toMatchObject(twelve)
    expect(Object.keys(versions.get(latest)!.tags!)).toHaveLength(15)
  })

  test.each([13, 14, 15])(
    '%s tags, added after the rotation began, do not keep it from being published',
    async count => {
      place.edit(ID, 'old')
      const rotation = await bring(place.store())
      const tags = Object.fromEntries(Array.from({ length: count }, (_, n) => [`tag${n}`, 'x']))
      place.vault.service.updateAsPerson(ID, { tags })
      const { version: base } = (await place.store().describe(ID, place.call()))!.current
      await place.store().promote(ID, { rotation, base }, place.call())
      const { versions, latest } = place.vault.service.peek(ID)
      expect(versions.get(latest)?.tags).toMatchObject(tags)
      expect((await place.store().describe(ID, place.call()))!.current.rotation).toBe(rotation)
    },
  )

  test('somebody else’s secret under the sibling’s name, in any case', async () => {
    place.edit(ID, 'old')
    place.edit('App-DB-Lockstep-Pending', 'theirs')
    const error = await failing(bring(place.store()))
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('somebody else')])
    expect(place.vault.service.latestValue(SIBLING)).toBe('theirs')
  })

  test('one secret in two spellings is one secret, with one journal', async () => {
    place.edit(ID, 'old')
    const rotation = await bring(place.store())
    const state = (await place.store().describe(ID.toUpperCase(), place.call()))!
    expect(state.pending?.rotation).toBe(rotation)
    expect(place.blobs.service.names(CONTAINER)).toEqual([`my-kv.vault.azure.net/${ID}.json`])
  })
})

describe('secrets that are not ours to rotate, or not as they are [fake]', () => {
  test('of a certificate: Key Vault renews it itself', async () => {
    place.vault.service.putCertificate(ID, 'x')
    const error = await failing(bring(place.store()))
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('certificate')])
    expect((await failing(place.store().put(ID, SecretValue.of(CANARY), place.call()))).code).toBe('refused')
    expect([counted(), place.vault.service.find(SIBLING)]).toEqual([1, undefined])
  })

  test('a disabled newest version is no absence', async () => {
    place.edit(ID, 'old')
    place.edit(ID, 'newer', { enabled: false })
    const error = await failing(place.store().describe(ID, place.call()))
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining('--enabled true')])
  })

  test('deleted, and recoverable: how to get it back', async () => {
    place.edit(ID, 'old')
    const call = place.call()
    const { current } = (await place.store().describe(ID, call))!
    place.vault.service.delete(ID)
    const store = place.store()
    const draft = { rotation: 'ls-x' as RotationId, base: current.version, value: SecretValue.of(CANARY) }
    const error = await failing(store.putPending(ID, draft, place.call()))
    expect([error.code, error.next]).toEqual(['secret-not-found', expect.stringContaining('recover')])
    const again = await failing(store.put(ID, SecretValue.of(CANARY), place.call()))
    expect([again.code, again.next]).toEqual(['refused', expect.stringContaining(`recover --name ${ID}`)])
    expect(await store.describe(ID, place.call())).toBeUndefined()
  })

  test('the sibling was deleted: how to get its name back', async () => {
    place.edit(ID, 'old')
    place.edit(SIBLING, 'x')
    place.vault.service.delete(SIBLING)
    const error = await failing(bring(place.store()))
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining(`recover --name ${SIBLING}`)])
  })

  test('rotated before, and the journal is gone: nothing begins anew', async () => {
    place.edit(ID, 'old')
    await wholeLife(place.store(), place.call())
    const [journal] = place.blobs.service.names(CONTAINER)
    place.blobs.service.delete(CONTAINER, journal!)
    const error = await failing(place.store().describe(ID, place.call()))
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining(journal!)])
  })

  test('no container: said so; it is not the same as no journal', async () => {
    place.edit(ID, 'old')
    const elsewhere = new AzureSecretStore(...place.parts('test', 'typo'), place.clock)
    const error = await failing(elsewhere.describe(ID, place.call()))
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining('az storage container create')])
  })

  test('a journal that somebody has changed is left as it is', async () => {
    place.edit(ID, 'old')
    await bring(place.store())
    const [journal] = place.blobs.service.names(CONTAINER)
    place.blobs.service.putAsPerson(CONTAINER, journal!, `{"${CANARY}`)
    expect((await failing(place.store().describe(ID, place.call()))).code).toBe('store-corrupt')
    expect(place.blobs.service.find(CONTAINER, journal!)?.content).toBe(`{"${CANARY}`)
  })
})

describe('a vault that takes no writes because its region failed over [fake]', () => {
  beforeEach(() => {
    place.edit(ID, 'old')
  })

  test('a rotation does not begin: nothing is pending', async () => {
    place.vault.service.readOnly()
    const error = await failing(bring(place.store()))
    expect([error.code, error.message]).toEqual(['store-unavailable', expect.stringContaining('failed over')])
    expect((await place.store().describe(ID, place.call()))!.pending).toBeUndefined()
  })

  test('a rotation that was begun before is stopped before it is set again', async () => {
    await bring(place.store())
    place.vault.service.readOnly()
    const call = place.call()
    await place.store().describe(ID, place.call())
    const store = place.store()
    const { pending } = (await store.describe(ID, call))!
    const error = await failing(store.note(ID, { setAt: place.clock.time }, call))
    expect([error.code, error.message]).toEqual(['store-unavailable', expect.stringContaining('failed over')])
    expect((await store.describe(ID, place.call()))!.pending).toEqual(pending)
  })

  test('between set and publication: pending stays, and is published when the vault is back', async () => {
    const call = place.call()
    const store = place.store()
    const rotation = await bring(store, call)
    const { version: base } = (await store.describe(ID, call))!.current
    place.vault.service.readOnly()
    expect((await failing(store.promote(ID, { rotation, base }, call))).code).toBe('store-unavailable')
    place.vault.service.readOnly(false)
    await place.store().promote(ID, { rotation, base }, place.call())
    expect(place.vault.service.latestValue(ID)).toBe(CANARY)
  })
})

describe('addresses and answers [fake]', () => {
  const journal = { url: 'https://acct.blob.core.windows.net', container: CONTAINER }
  const vault = 'https://my-kv.vault.azure.net'

  test.each([
    [{ vault: 'my-kv', journal }, 'vault'],
    [{ vault: 'http://my-kv.vault.azure.net', journal }, 'vault'],
    [{ vault: `${vault}/secrets/app`, journal }, 'vault'],
    [{ vault, journal: { ...journal, url: 'http://acct.blob.core.windows.net' } }, 'journal.url'],
    [{ vault, journal: { ...journal, url: 'https://acct.blob.core.windows.net?sv=2024&sig=x' } }, 'journal.url'],
    [{ vault, journal, endpoint: 'https://kv.example.org' }, 'endpoint'],
  ])('%o is refused', async (options, key) => {
    const error = await failing(openAzureStore({ ...options, clock: place.clock }))
    expect([error.code, error.message]).toEqual(['config-invalid', expect.stringContaining(`\`${key}\``)])
  })

  test('a vault that does not exist cannot be reached: nothing was done', async () => {
    const client = place.vault.inProcessClient({ vault: 'nowhere', retryOptions: { maxRetries: 0 } })
    const store = new AzureSecretStore(new Requests(client, place.clock), place.parts()[1], place.clock)
    const error = await failing(store.put(ID, SecretValue.of(CANARY), place.call()))
    expect([error.code, error.next]).toEqual(['store-unavailable', expect.stringContaining('`vault`')])
  })

  test('nobody is signed in', async () => {
    const getToken = async () => {
      throw Object.assign(new Error(CANARY), { name: 'CredentialUnavailableError' })
    }
    const client = place.vault.inProcessClient({ credential: { getToken }, retryOptions: { maxRetries: 0 } })
    const store = new AzureSecretStore(new Requests(client, place.clock), place.parts()[1], place.clock)
    const error = await failing(store.describe(ID, place.call()))
    expect([error.code, error.next]).toEqual(['access-denied', expect.stringContaining('az login')])
  })

  test.each(['KeyVaultEncryptionKeyNotFound', 'KeyVaultVaultNotFound', 'KeyVaultAccessTokenCannotBeAcquired'])(
    'the key of the storage account is disabled or deleted (%s): said so, and nothing is lost',
    async code => {
      place.edit(ID, 'old')
      const end = place.blobs.faults.every('*', `error:403:${code}`)
      const error = await failing(bring(place.store()))
      expect([error.code, error.message]).toEqual(['access-denied', expect.stringContaining('The key that encrypts')])
      expect(place.vault.service.find(SIBLING)).toBeUndefined()
      end()
      await wholeLife(place.store(), place.call())
    },
  )

  test('throttled: asked again after the time that the service names, a few times', async () => {
    place.edit(ID, 'old')
    place.vault.faults.retryAfterSeconds = 7
    place.vault.faults.next('GetSecret', 'throttle', 2)
    const before = place.clock.time
    await place.store().describe(ID, place.call())
    expect(place.clock.time - before).toBeGreaterThanOrEqual(14_000)
    place.vault.faults.next('GetSecret', 'throttle', 3)
    expect((await failing(place.store().describe(ID, place.call()))).code).toBe('busy')
  })

  test.each(['SetSecret', 'PutBlob'])('%s without an answer is never sent a second time', async op => {
    place.edit(ID, 'old')
    const fake = op === 'PutBlob' ? place.blobs : place.vault
    fake.faults.next(op, 'reset')
    expect((await failing(bring(place.store()))).code).toBe('unknown')
    expect(fake.calls.count(op)).toBe(1)
  })

  test('conditional writes look for their own hand before they give up', async () => {
    place.edit(ID, 'old')
    for (const fault of ['lost-answer', 'twice'] as const) {
      place.blobs.faults.next('PutBlob', fault)
      const call = place.call()
      const store = place.store()
      const rotation = await bring(store, call)
      await store.discardPending(ID, rotation, call)
    }
  })
})
