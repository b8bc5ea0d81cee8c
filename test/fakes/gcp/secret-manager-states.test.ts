// The states of a version. Sources: service.proto and resources.proto of the client's package,
// https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions; texts marked "recorded" were seen.
import { expect, it } from 'vitest'
import {
  ANSWERED,
  addVersion,
  DAY,
  NAME,
  patch,
  read,
  refused,
  type Stage,
  stageWith,
} from './secret-manager/support.ts'

const ONE = { name: `${NAME}/versions/1` }
const version = async (at: Stage) => (await at.sdk.getSecretVersion(ONE))[0]

it('disabling hides the value and keeps it; enabling brings it back; both again are no-ops that move the etag (recorded)', async () => {
  await using at = await stageWith('one')
  const etags = new Set<unknown>([(await version(at)).etag])
  for (const call of ['disableSecretVersion', 'disableSecretVersion'] as const) {
    const [answer] = await at.sdk[call](ONE)
    expect(answer.state).toBe('DISABLED')
    etags.add(answer.etag)
  }
  await refused(read(at.sdk, 1), 'FAILED_PRECONDITION', 'is in DISABLED state.')
  for (const call of ['enableSecretVersion', 'enableSecretVersion'] as const) {
    const [answer] = await at.sdk[call](ONE)
    expect(answer.state).toBe('ENABLED')
    etags.add(answer.etag)
  }
  expect(await read(at.sdk, 1)).toBe('one')
  expect(etags.size).toBe(5)
})

it('destroying is for ever: the value is gone, and destroying again, enabling and disabling are FAILED_PRECONDITION', async () => {
  await using at = await stageWith('one', 'two')
  const [answer] = await at.sdk.destroySecretVersion(ONE)
  expect(answer).toMatchObject({ state: 'DESTROYED', destroyTime: { seconds: String(at.now() / 1000) } })
  expect(at.fake.service.peek('app-db').versions.get(1)).not.toHaveProperty('value')
  await refused(
    read(at.sdk, 1),
    'FAILED_PRECONDITION',
    `Secret Version [${ANSWERED}/versions/1] is in DESTROYED state.`,
  )
  for (const call of ['destroySecretVersion', 'enableSecretVersion', 'disableSecretVersion'] as const) {
    await refused(at.sdk[call](ONE), 'FAILED_PRECONDITION', 'SecretVersion.state is already DESTROYED.')
  }
  expect((await at.sdk.listSecretVersions({ parent: NAME }))[0]).toHaveLength(2)
})

it.each(['enableSecretVersion', 'disableSecretVersion', 'destroySecretVersion'] as const)(
  '%s enforces an etag that is given, of the version; of 8 racers one wins',
  async call => {
    await using at = await stageWith('one')
    const { etag: old } = await version(at)
    await at.sdk.disableSecretVersion(ONE)
    const before = at.fake.service.peek('app-db')
    await refused(at.sdk[call]({ ...ONE, etag: old! }), 'FAILED_PRECONDITION', 'The etag provided in the request')
    await refused(at.sdk[call]({ ...ONE, etag: before.etag }), 'FAILED_PRECONDITION')
    expect(at.fake.service.peek('app-db')).toEqual(before)
    const { etag } = await version(at)
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => at.sdk[call]({ ...ONE, etag: etag! })))
    expect(results.filter(each => each.status === 'fulfilled')).toHaveLength(1)
  },
)

it('what is not there is NOT_FOUND', async () => {
  await using at = await stageWith('one')
  for (const call of ['enableSecretVersion', 'disableSecretVersion', 'destroySecretVersion'] as const) {
    const text = `Secret Version [${ANSWERED}/versions/7] not found.`
    await refused(at.sdk[call]({ name: `${NAME}/versions/7` }), 'NOT_FOUND', text)
    await refused(at.sdk[call]({ name: `${NAME}-x/versions/1` }), 'NOT_FOUND', 'not found.')
  }
})

it('with a destroy ttl the version is DISABLED now and destroyed later; scheduled_destroy_time tells', async () => {
  await using at = await stageWith('one', 'two')
  await patch(at.sdk, { versionDestroyTtl: { seconds: 86_400 } })
  const [answer] = await at.sdk.destroySecretVersion(ONE)
  const due = String((at.now() + DAY) / 1000)
  expect(answer).toMatchObject({ state: 'DISABLED', scheduledDestroyTime: { seconds: due }, destroyTime: null })
  await refused(at.sdk.destroySecretVersion(ONE), 'FAILED_PRECONDITION', 'already scheduled for DESTRUCTION.')
  at.pass(DAY - 1)
  expect((await version(at)).state).toBe('DISABLED')
  at.pass(1)
  expect(await version(at)).toMatchObject({
    state: 'DESTROYED',
    destroyTime: { seconds: due },
    scheduledDestroyTime: null,
  })
  expect((await version(at)).etag).not.toBe(answer.etag)
  await refused(at.sdk.enableSecretVersion(ONE), 'FAILED_PRECONDITION', 'already DESTROYED')
})

it.each([
  ['enableSecretVersion', 'ENABLED'],
  ['disableSecretVersion', 'DISABLED'],
] as const)('%s cancels the scheduled destruction', async (call, state) => {
  await using at = await stageWith('one')
  await patch(at.sdk, { versionDestroyTtl: { seconds: 86_400 } })
  await at.sdk.destroySecretVersion(ONE)
  expect((await at.sdk[call](ONE))[0]).toMatchObject({ state, scheduledDestroyTime: null })
  at.pass(2 * DAY)
  expect((await version(at)).state).toBe(state)
})

it('the ttl is that of the moment of destroying: a later change reaches no version that is scheduled already', async () => {
  await using at = await stageWith('one')
  await patch(at.sdk, { versionDestroyTtl: { seconds: 10 * 86_400 } })
  await at.sdk.destroySecretVersion(ONE)
  await patch(at.sdk, {}, ['version_destroy_ttl'])
  at.pass(9 * DAY)
  expect((await version(at)).state).toBe('DISABLED')
  await addVersion(at.sdk, 'two')
  expect((await at.sdk.destroySecretVersion({ name: `${NAME}/versions/2` }))[0].state).toBe('DESTROYED')
})
