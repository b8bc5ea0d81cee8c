// Event Grid. https://learn.microsoft.com/azure/event-grid/event-schema-key-vault; thirty days and "within 15 minutes":
// https://learn.microsoft.com/azure/key-vault/secrets/tutorial-rotation
import { expect, it } from 'vitest'
import { BEGIN, DAY, type Stage, stage } from './key-vault/support.ts'
import { cloudEvent, eventGridEvent } from './key-vault.ts'

const seconds = (ms: number) => Math.floor(ms / 1000)
const MINUTE = 60_000

/** Type, version's number in the order of creation, and milliseconds since the beginning. */
function told(at: Stage): [string, number, number][] {
  const ids = [...at.fake.service.peek('app-db').versions.keys()]
  return at.fake.service.events.map(({ type, version, time }) => [type, ids.indexOf(version), time - BEGIN])
}

it('every new version is told at once, a person’s too; an update is not', async () => {
  await using at = await stage()
  const { properties } = await at.sdk.setSecret('app-db', 'one')
  at.pass(MINUTE)
  at.fake.service.putAsPerson('app-db', 'two')
  await at.sdk.updateSecretProperties('app-db', properties.version!, { tags: { a: 'b' } })
  expect(told(at)).toEqual([
    ['SecretNewVersionCreated', 0, 0],
    ['SecretNewVersionCreated', 1, MINUTE],
  ])
})

it('near expiry comes thirty days before, expiry on its day, once each', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 100 * DAY) })
  at.pass(70 * DAY - 1)
  expect(told(at).length).toBe(1)
  at.pass(1)
  expect(told(at).slice(1)).toEqual([['SecretNearExpiry', 0, 70 * DAY]])
  at.pass(100 * DAY)
  expect(told(at).slice(1)).toEqual([
    ['SecretNearExpiry', 0, 70 * DAY],
    ['SecretExpired', 0, 100 * DAY],
  ])
})

it('an expiry that is nearer than thirty days is told within minutes of every such version: the loop', async () => {
  await using at = await stage()
  const near = () => at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 20 * DAY) })
  await near()
  at.pass(5 * MINUTE)
  await near()
  at.pass(5 * MINUTE)
  expect(told(at)).toEqual([
    ['SecretNewVersionCreated', 0, 0],
    ['SecretNearExpiry', 0, 5 * MINUTE],
    ['SecretNewVersionCreated', 1, 5 * MINUTE],
    ['SecretNearExpiry', 1, 10 * MINUTE],
  ])
})

it('a version without an expiry is never near it', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  at.pass(10_000 * DAY)
  expect(told(at).length).toBe(1)
})

it('only the current version is told of; older ones too where that is asked for; disabled ones always', async () => {
  for (const old of [false, true]) {
    await using at = await stage()
    at.fake.service.eventGrid.forOldVersions = old
    await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 40 * DAY) })
    await at.sdk.setSecret('app-db', 'two', { expiresOn: new Date(BEGIN + 50 * DAY), enabled: false })
    at.pass(60 * DAY)
    const wanted = [
      ['SecretNearExpiry', 1, 20 * DAY],
      ['SecretExpired', 1, 50 * DAY],
    ]
    const others = [
      ['SecretNearExpiry', 0, 10 * DAY],
      ['SecretExpired', 0, 40 * DAY],
    ]
    const expected = old ? [others[0], wanted[0], others[1], wanted[1]] : wanted
    expect(told(at).slice(2)).toEqual(expected)
  }
})

it('what was current at the time counts, however late the events are looked at', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 40 * DAY) })
  at.pass(15 * DAY)
  await at.sdk.setSecret('app-db', 'two')
  expect(told(at).map(([type]) => type)).toEqual([
    'SecretNewVersionCreated',
    'SecretNearExpiry',
    'SecretNewVersionCreated',
  ])
})

it('an expiry that is moved counts from where it is: assumed', async () => {
  await using at = await stage()
  const { properties } = await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 40 * DAY) })
  const expiresOn = new Date(BEGIN + 80 * DAY)
  await at.sdk.updateSecretProperties('app-db', properties.version!, { expiresOn })
  at.pass(60 * DAY)
  expect(told(at).slice(1)).toEqual([['SecretNearExpiry', 0, 50 * DAY]])
})

it('without a subscription nothing is told, of versions of that time never', async () => {
  await using at = await stage()
  at.fake.service.eventGrid.subscribed = false
  await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 20 * DAY) })
  at.fake.service.eventGrid.subscribed = true
  at.pass(30 * DAY)
  expect(told(at)).toEqual([])
})

it('a deleted secret is not told of', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(BEGIN + 40 * DAY) })
  await at.sdk.beginDeleteSecret('app-db')
  at.pass(20 * DAY)
  expect(told(at).length).toBe(1)
})

it('is written in both schemas', async () => {
  await using at = await stage()
  const exp = BEGIN + 40 * DAY
  const { properties } = await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(exp) })
  at.pass(10 * DAY)
  const event = at.fake.service.events[1]!
  const data = {
    Id: `https://my-kv.vault.azure.net/secrets/app-db/${properties.version}`,
    VaultName: 'my-kv',
    ObjectType: 'Secret',
    ObjectName: 'app-db',
    Version: properties.version,
    NBF: null,
    EXP: seconds(exp),
  }
  const source = expect.stringMatching(
    /^\/subscriptions\/[0-9a-f-]{36}\/.*\/providers\/Microsoft\.KeyVault\/vaults\/my-kv$/,
  )
  const shared = { id: expect.stringMatching(/^[0-9a-f-]{36}$/), subject: 'app-db', data }
  const time = '2026-01-15T10:00:00.0000000Z'
  const name = 'Microsoft.KeyVault.SecretNearExpiry'
  const versions = { dataVersion: '1', metadataVersion: '1' }
  expect(eventGridEvent(event)).toEqual({ ...shared, topic: source, eventType: name, eventTime: time, ...versions })
  expect(cloudEvent(event)).toEqual({ ...shared, source, type: name, time, specversion: '1.0' })
})

it('the names in `data` vary as documentation and specification do', async () => {
  await using at = await stage()
  const exp = BEGIN + 40 * DAY
  const { properties } = await at.sdk.setSecret('app-db', 'one', { expiresOn: new Date(exp) })
  const version = properties.version!
  const [event] = at.fake.service.events
  expect(eventGridEvent(event!, 'camel').data).toMatchObject({
    objectName: 'app-db',
    version,
    nbf: null,
    exp: seconds(exp),
  })
  const odd = { 'ObjectName ': 'app-db', Version: ` ${version}`, EXP: String(seconds(exp)) }
  expect(cloudEvent(event!, 'spaced').data).toMatchObject(odd)
  const mixed = { vaultName: 'my-kv', 'objectName ': 'app-db', version: ` ${version}`, exp: String(seconds(exp)) }
  expect(cloudEvent(event!, 'mixed').data).toMatchObject({ Id: expect.any(String), ...mixed })
})
