// Soft delete, backup, restore. https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview and …/general/backup
import { expect, it } from 'vitest'
import { all, BEGIN, DAY, refused, stage } from './key-vault/support.ts'

it('a deleted secret is not found; it is listed among the deleted with its dates', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one', { tags: { team: 'a' } })
  const poller = await at.sdk.beginDeleteSecret('app-db')
  const { properties } = await poller.pollUntilDone()
  expect(properties.deletedOn?.getTime()).toBe(BEGIN)
  expect(properties.scheduledPurgeDate?.getTime()).toBe(BEGIN + 90 * DAY)
  await refused(at.sdk.getSecret('app-db'), 404, 'SecretNotFound')
  await refused(at.sdk.updateSecretProperties('app-db', properties.version!, {}), 404, 'SecretNotFound')
  await refused(at.sdk.beginDeleteSecret('app-db'), 404, 'SecretNotFound')
  const [listed] = await all(at.sdk.listDeletedSecrets())
  expect([listed?.name, listed?.properties.tags]).toEqual(['app-db', { team: 'a' }])
  expect((await at.sdk.getDeletedSecret('app-db')).properties.recoveryId).toContain('/deletedsecrets/app-db')
})

// https://github.com/external-secrets/external-secrets/issues/3519 has the service's answer
it('a set of a soft-deleted name, in any case, is 409 ObjectIsDeletedButRecoverable', async () => {
  await using at = await stage()
  at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.delete('app-db')
  const text = await refused(at.sdk.setSecret('APP-DB', 'two'), 409, 'ObjectIsDeletedButRecoverable')
  expect(text).toContain('is currently in a deleted but recoverable state')
  expect(at.fake.service.peek('app-db').versions.size).toBe(1)
})

it('a recovered secret has all its versions, and the same latest', async () => {
  await using at = await stage()
  const first = (await at.sdk.setSecret('app-db', 'one')).properties.version!
  await at.sdk.setSecret('app-db', 'two')
  await at.sdk.beginDeleteSecret('app-db')
  await (await at.sdk.beginRecoverDeletedSecret('app-db')).pollUntilDone()
  expect((await at.sdk.getSecret('app-db')).value).toBe('two')
  expect((await at.sdk.getSecret('app-db', { version: first })).value).toBe('one')
  await at.sdk.setSecret('app-db', 'three')
})

it('a purged secret is gone, and its name free', async () => {
  await using at = await stage()
  const first = (await at.sdk.setSecret('app-db', 'one')).properties.version!
  await refused(at.sdk.purgeDeletedSecret('app-db'), 404, 'SecretNotFound')
  await at.sdk.beginDeleteSecret('app-db')
  await at.sdk.purgeDeletedSecret('app-db')
  await refused(at.sdk.getDeletedSecret('app-db'), 404, 'SecretNotFound')
  await at.sdk.setSecret('app-db', 'new')
  expect(at.fake.service.peek('app-db').versions.size).toBe(1)
  await refused(at.sdk.getSecret('app-db', { version: first }), 404, 'SecretNotFound')
})

it('with purge protection nobody purges; the service does when the retention is over', async () => {
  await using at = await stage({ purgeProtection: true, retentionDays: 7 })
  await at.sdk.setSecret('app-db', 'one')
  await at.sdk.beginDeleteSecret('app-db')
  const text = await refused(at.sdk.purgeDeletedSecret('app-db'), 403, 'Forbidden')
  expect(text).toContain('Operation "purge" is not allowed because purge protection is enabled for this vault.')
  at.pass(7 * DAY - 1)
  expect((await at.sdk.getDeletedSecret('app-db')).name).toBe('app-db')
  at.pass(1)
  await refused(at.sdk.getDeletedSecret('app-db'), 404, 'SecretNotFound')
  await at.sdk.setSecret('app-db', 'new')
})

// https://github.com/Azure/azure-sdk-for-net/issues/31581
it('deletion and recovery take their time: 409 ObjectIsBeingDeleted, ObjectIsBeingRecovered', async () => {
  await using at = await stage({ deletionMs: 3_000 })
  at.fake.service.putAsPerson('app-db', 'one')
  at.fake.service.delete('app-db')
  await refused(at.sdk.setSecret('app-db', 'two'), 409, 'ObjectIsBeingDeleted')
  await refused(at.sdk.getDeletedSecret('app-db'), 404, 'SecretNotFound')
  at.pass(3_000)
  await at.sdk.getDeletedSecret('app-db')
  at.fake.service.recover('app-db')
  await refused(at.sdk.setSecret('app-db', 'two'), 409, 'ObjectIsBeingRecovered')
  at.pass(3_000)
  await at.sdk.setSecret('app-db', 'two')
})

it('a backup restores all versions into another vault, ids and dates kept', async () => {
  await using at = await stage()
  at.fake.service.createVault('other-kv')
  const first = (await at.sdk.setSecret('app-db', 'one', { tags: { n: '1' } })).properties
  at.pass(DAY)
  await at.sdk.setSecret('app-db', 'two')
  const backup = await at.sdk.backupSecret('app-db')
  const other = at.open({ vault: 'other-kv' })
  at.pass(DAY)
  await other.restoreSecretBackup(backup!)
  expect((await other.getSecret('app-db')).value).toBe('two')
  const restored = await other.getSecret('app-db', { version: first.version! })
  expect([restored.value, restored.properties.createdOn, restored.properties.tags]).toEqual([
    'one',
    first.createdOn,
    { n: '1' },
  ])
})

it('a restore over a live or a deleted secret is 409', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  const backup = (await at.sdk.backupSecret('app-db'))!
  await refused(at.sdk.restoreSecretBackup(backup), 409, 'Conflict')
  await at.sdk.beginDeleteSecret('app-db')
  await refused(at.sdk.restoreSecretBackup(backup), 409, 'Conflict')
  await at.sdk.purgeDeletedSecret('app-db')
  await at.sdk.restoreSecretBackup(backup)
  expect((await at.sdk.getSecret('app-db')).value).toBe('one')
})

it('a backup of another geography, or no backup at all, is 400', async () => {
  await using at = await stage()
  at.fake.service.createVault('far-kv', { geography: 'Asia Pacific' })
  await at.sdk.setSecret('app-db', 'one')
  const far = at.open({ vault: 'far-kv' })
  await refused(far.restoreSecretBackup((await at.sdk.backupSecret('app-db'))!), 400, 'BadParameter')
  await refused(far.restoreSecretBackup(Buffer.from('nothing')), 400, 'BadParameter')
})

it('a secret with more than 500 versions has no backup', async () => {
  await using at = await stage()
  for (let index = 0; index < 500; index++) at.fake.service.putAsPerson('app-db', String(index))
  await at.sdk.backupSecret('app-db')
  at.fake.service.putAsPerson('app-db', 'one more')
  await refused(at.sdk.backupSecret('app-db'), 400, 'BadParameter')
})
