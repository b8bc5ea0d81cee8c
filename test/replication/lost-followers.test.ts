/**
 * Followers that cannot be written: deleted, denied, read-only, throttled. Each says what is wrong and what to do; nothing that was
 * deleted is purged or taken over; consumers go on, and so do the other followers [fake].
 */
import { DeleteSecretCommand, RestoreSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { ID } from '../../core/testing/simulation/world.ts'
import type { Kind } from './sites.ts'
import { DAY, Wired, type WiredOptions } from './support.ts'

const begun = async (kinds: readonly Kind[], options: WiredOptions = {}) => {
  const world = await Wired.of(kinds, options)
  await world.replicate()
  return world
}
const inSync = { standing: 'in-sync' }
const lost = (code: string, message: string, next?: string) => ({
  follower: 'two',
  standing: 'unknown',
  error: {
    code,
    message: expect.stringContaining(message),
    ...(next !== undefined && { next: expect.stringContaining(next) }),
  },
})

/** A follower that is lost after the first replication holds up what it must, and is brought up once it is back. */
async function holdsUp(world: Wired, error: ReturnType<typeof lost>, mend: () => unknown): Promise<void> {
  const old = await world.shown('one')
  const begun = await world.rotate({ force: true })
  if (begun.outcome === 'rotated') {
    expect(begun.followers).toMatchObject([error, inSync])
    world.clock.advance(DAY)
    expect(await world.retire()).toMatchObject({ outcome: 'waiting', for: 'followers', why: /two/ })
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'waiting' })
  } else expect(begun).toMatchObject({ outcome: 'waiting', why: expect.stringContaining('two') })
  expect(await world.replicate()).toMatchObject([error, inSync])
  expect(world.accepts(old)).toBe(true)
  await mend()
  expect(await world.replicate()).toMatchObject([inSync, inSync])
  expect(await world.cutOff()).toEqual([])
}

describe('a secret that was deleted at a follower', () => {
  it('and still holds its name in a vault: it is to be recovered; nothing is purged [fake]', async () => {
    const world = await begun(['gcp alias', 'azure', 'gcp latest'])
    const { service } = world.clouds.vault!
    service.delete(ID, 'kv-two')
    const before = service.find(ID, 'kv-two')
    await holdsUp(world, lost('refused', 'was deleted and still holds the name', 'az keyvault secret recover'), () => {
      expect(service.find(ID, 'kv-two')).toEqual(before)
      service.recover(ID, 'kv-two')
    })
  })

  it('its vault: it cannot be reached, and all is as it was once it is recovered [fake]', async () => {
    const world = await begun(['gcp alias', 'azure', 'gcp latest'])
    const recover = world.clouds.vault!.service.deleteVault('kv-two')
    await holdsUp(world, lost('store-unavailable', 'Key Vault cannot be reached', 'Check `vault`'), recover)
  })

  it('in Secrets Manager, within its recovery window: it is refused, and not restored [fake]', async () => {
    const world = await begun(['gcp alias', 'aws', 'gcp latest'])
    const client = world.clouds.aws!.client()
    await client.send(new DeleteSecretCommand({ SecretId: ID }))
    await holdsUp(world, lost('refused', 'deletion'), async () => {
      expect(world.clouds.aws!.service.peek(ID).deletedAt).toBeDefined()
      await client.send(new RestoreSecretCommand({ SecretId: ID }))
      client.destroy()
    })
  })

  it('in Secret Manager, where that is for good: it is made anew [fake]', async () => {
    const world = await begun(['azure', 'gcp alias', 'gcp latest'])
    const { gcp } = world.clouds
    const { location } = { location: world.site('two').place }
    const [client] = [gcp!.client({ location })]
    await client.deleteSecret({
      name: client.secretPath(gcp!.projectId, ID).replace('/secrets', `/locations/${location}/secrets`),
    })
    await client.close()
    expect(await world.replicate()).toMatchObject([{ follower: 'two', standing: 'in-sync', written: true }, inSync])
    expect(await world.cutOff()).toEqual([])
  })
})

describe('a follower without permission says which one is missing', () => {
  it.each<[Kind, string, string]>([
    ['gcp alias', 'secretmanager.versions.add', 'roles/secretmanager'],
    ['gcp latest', 'secretmanager.versions.add', ''],
    ['gcp alias', 'secretmanager.secrets.get', ''],
  ])('%s: %s [fake]', async (kind, permission) => {
    const world = await begun(['azure', kind, 'gcp latest'])
    world.clouds.gcp!.permissions.denyAction('two', permission)
    await holdsUp(world, lost('access-denied', permission, permission), () => world.clouds.gcp!.permissions.reset())
  })

  it.each([
    ['vault', 'Microsoft.KeyVault/vaults/secrets/setSecret/action'],
    ['vault', 'Microsoft.KeyVault/vaults/secrets/getSecret/action'],
    ['blobs', 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'],
  ] as const)('azure, %s: %s [fake]', async (where, permission) => {
    const world = await begun(['gcp alias', 'azure', 'gcp latest'])
    const { permissions } = world.clouds[where]!
    permissions.denyAction('two', permission)
    await holdsUp(world, lost('access-denied', permission, permission), () => permissions.reset())
  })

  it('its firewall keeps everybody out [fake]', async () => {
    const world = await begun(['gcp alias', 'azure', 'azure'])
    const { service } = world.clouds.vault!
    service.block(['*'], 'kv-two')
    await holdsUp(world, lost('access-denied', 'firewall', 'az keyvault network-rule add'), () =>
      service.open('kv-two'),
    )
  })
})

describe('a vault whose region has failed over takes no writes [fake]', () => {
  const readOnly = lost('store-unavailable', 'takes no writes', 'Nothing is rotated meanwhile')

  it('a rotation that it follows waits for it', async () => {
    const world = await begun(['gcp alias', 'azure', 'azure'])
    const { service } = world.clouds.vault!
    service.readOnly(true, 'kv-two')
    await holdsUp(world, readOnly, () => service.readOnly(false, 'kv-two'))
  })

  it('with a gap, none begins', async () => {
    const world = await begun(['gcp alias', 'azure', 'azure'], { strategy: 'single-user', acceptGap: ['two', 'three'] })
    const { service } = world.clouds.vault!
    service.readOnly(true, 'kv-two')
    world.clock.advance(DAY)
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'waiting', for: 'followers' })
    expect(await world.cutOff()).toEqual([])
    service.readOnly(false, 'kv-two')
    expect(await world.rotate()).toMatchObject({ outcome: 'rotated', followers: [inSync, inSync] })
    expect(await world.cutOff()).toEqual([])
  })

  it('as a leader it rotates nothing', async () => {
    const world = await begun(['azure', 'gcp alias', 'gcp latest'])
    const { service } = world.clouds.vault!
    service.readOnly(true, 'kv-one')
    await expect(world.rotate({ force: true })).rejects.toMatchObject({ code: 'store-unavailable' })
    expect(await world.cutOff()).toEqual([])
    service.readOnly(false, 'kv-one')
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'rotated', followers: [inSync, inSync] })
  })
})

describe('a follower that is throttled [fake]', () => {
  it('for a moment: the copy is written all the same, at the latest by the next run', async () => {
    const world = await begun(['local', 'azure', 'gcp alias'])
    world.clouds.vault!.faults.next('SetSecret', 'throttle', 2)
    world.clouds.gcp!.faults.next('AddSecretVersion', 'throttle', 1)
    const throttled = { standing: 'unknown', error: { code: 'busy' } }
    expect(await world.rotate({ force: true })).toMatchObject({ outcome: 'rotated', followers: [inSync, throttled] })
    expect(await world.replicate()).toMatchObject([inSync, inSync])
  })

  it.each<[Kind, string]>([
    ['azure', 'SetSecret'],
    ['gcp latest', 'AddSecretVersion'],
  ])('for longer, %s: it is busy, and brought up by a later run', async (kind, operation) => {
    const world = await begun(['local', kind, 'aws'])
    const { faults } = kind === 'azure' ? world.clouds.vault! : world.clouds.gcp!
    const end = faults.every(operation as never, 'throttle')
    await holdsUp(world, lost('busy', operation), end)
  })
})
