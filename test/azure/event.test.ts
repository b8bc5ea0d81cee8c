/**
 * Events of Key Vault in both schemas and every spelling. Planted: acting on SecretNewVersionCreated, `EXP` as text refused, a subject
 * believed against the id, a vault of another name taken: each failed here.
 */
import { describe, expect, test } from 'vitest'
import { meantBy, parseVaultEvent, textOfItem } from '../../azure/event.ts'
import { NEAR, verdict } from '../../azure/near-expiry.ts'
import type { Config } from '../../core/config/types.ts'
import { parseItem } from '../../core/fleet/work-item.ts'
import { parseOrder } from '../../core/functions/order.ts'
import type { VersionId } from '../../core/ports/secret-store.ts'
import { type Casing, cloudEvent, eventGridEvent, type ServiceEvent } from '../fakes/azure/key-vault.ts'
import { CANARY, fuzzed } from '../fuzz.ts'
import { refusal } from '../refusal.ts'

const VERSION = 'ee059b2bb5bc48398a53b168c6cdcb10'
const event = (more: Partial<ServiceEvent> = {}): ServiceEvent =>
  ({
    ...{ id: '00eccf70-95a7-4e7c-8299-2eb17ee9ad64', type: 'SecretNearExpiry', vault: 'my-kv', name: 'app-db' },
    ...{ version: VERSION, exp: 1_797_735_600, time: Date.UTC(2026, 10, 20, 3) },
    resourceId:
      '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/my-kv',
    ...(more as object),
  }) as ServiceEvent

const casings: readonly Casing[] = ['pascal', 'camel', 'spaced', 'mixed']
const schemas = { eventGridEvent, cloudEvent }
const wanted = { do: 'look', vault: 'my-kv', secret: 'app-db', version: VERSION, expires: 1_797_735_600_000 }

describe.each(Object.entries(schemas))('%s', (_, written) => {
  test.each(casings)('spelt %s', casing => {
    expect(parseVaultEvent(written(event(), casing))).toEqual(wanted)
  })

  test('names compare without case', () => {
    const seen = written({ ...event(), name: 'APP-db', vault: 'My-KV' } as ServiceEvent)
    expect(parseVaultEvent({ ...seen, topic: undefined, source: undefined })).toMatchObject(wanted)
  })

  test.each(['SecretNewVersionCreated', 'CertificateNearExpiry', 'KeyExpired', 'SomethingNew'])(
    '%s is ignored',
    type => {
      expect(parseVaultEvent(written({ ...event(), type } as ServiceEvent)).do).toBe('ignore')
    },
  )

  test('SecretExpired is looked at; what is no secret is ignored', () => {
    expect(parseVaultEvent(written({ ...event(), type: 'SecretExpired' } as ServiceEvent)).do).toBe('look')
    const seen = written(event())
    expect(parseVaultEvent({ ...seen, data: { ...seen.data, ObjectType: 'Certificate' } }).do).toBe('ignore')
  })

  test('without version and expiry is still a hint', () => {
    const { NBF, EXP, Version, Id, ...data } = written(event()).data
    expect(parseVaultEvent({ ...written(event()), data })).toEqual({
      ...wanted,
      version: undefined,
      expires: undefined,
    })
  })
})

describe('refused', () => {
  const good = eventGridEvent(event())
  const with_ = (data: object) => ({ ...good, data: { ...good.data, ...data } })
  test.each<[string, unknown]>([
    ['no object', 'app-db'],
    ['a list, as no trigger delivers it', [good]],
    ['no type', { ...good, eventType: undefined }],
    ['a type of another service', { ...good, eventType: 'Microsoft.Storage.BlobCreated' }],
    ['no data', { ...good, data: null }],
    ['another vault in the data', with_({ VaultName: 'other-kv' })],
    ['another secret in the id', with_({ Id: `https://my-kv.vault.azure.net/secrets/${CANARY}/${VERSION}` })],
    ['another secret as the subject', { ...good, subject: 'other' }],
    ['another version in the id', with_({ Version: VERSION.replace('e', 'f') })],
    ['a version that is none', with_({ Version: 'latest' })],
    ['a topic that is no vault', { ...good, topic: '/subscriptions/1/resourceGroups/rg' }],
    ['a subject that is an object', { ...good, subject: {} }],
    ['an expiry of words', with_({ EXP: 'soon' })],
    ['an expiry that is no number', with_({ EXP: Number.NaN })],
    ['a huge name', with_({ ObjectName: 'a'.repeat(1e6) })],
    ['fields of a prototype', Object.create(good)],
  ])('%s', (_, odd) => {
    const error = refusal(() => parseVaultEvent(odd))
    expect(error.code).toBe('refused')
    expect(JSON.stringify(error)).not.toContain(CANARY)
  })

  test.each(Object.entries(schemas))(
    '100,000 fuzzed %s: understood, ignored or refused, within four seconds',
    (_, written) => {
      const seen = fuzzed(
        written(event(), 'spaced'),
        candidate => {
          const found = parseVaultEvent(candidate)
          if (found.do === 'ignore') return
          if (!/^[a-z0-9-]{1,127}$/.test(found.secret) || !/^[a-z0-9-]{3,24}$/.test(found.vault))
            throw new Error('name')
          if (found.version !== undefined && !/^[0-9a-f]{32}$/.test(found.version)) throw new Error('version')
        },
        { words: ['Microsoft.KeyVault.SecretExpired', 'app-db', VERSION, '1797735600', 'my-kv'] },
      )
      expect(seen.cpuMs).toBeLessThan(4_000)
      expect(Math.min(seen.understood, seen.refused)).toBeGreaterThan(10_000)
    },
  )
})

describe('which secrets are meant', () => {
  const stores = new Map([['a', { kind: 'azure', vault: 'https://my-kv.vault.azure.net' }]])
  const secrets = new Map([['orders', { name: 'orders', store: 'a', id: 'App-DB' }]])
  const config = { stores, secrets } as unknown as Config

  test('by vault and name, without case', () => {
    expect(meantBy({ config }, { vault: 'my-kv', secret: 'app-db' })).toEqual([
      { secret: 'orders', store: 'a', id: 'App-DB' },
    ])
    expect(meantBy({ config }, { vault: 'other-kv', secret: 'app-db' })).toEqual([])
    expect(meantBy({ config }, { vault: 'my-kv', secret: 'app' })).toEqual([])
  })
})

describe('whether to rotate is what the vault shows', () => {
  const now = Date.UTC(2030, 0, 1)
  const newest = { version: VERSION as VersionId, expiresOn: now + NEAR - 1 }

  test('the newest version, if it ends soon or has ended', () => {
    expect(verdict(newest, VERSION, now)).toEqual({ rotate: VERSION })
    expect(verdict(newest, undefined, now)).toEqual({ rotate: VERSION })
    expect(verdict({ ...newest, expiresOn: now - 1 }, VERSION, now)).toEqual({ rotate: VERSION })
  })

  test.each([
    ['absent', undefined, VERSION],
    ['disabled', 'disabled' as const, VERSION],
    ['an older version', newest, VERSION.replace('e', 'f')],
    ['no expiry', { ...newest, expiresOn: undefined }, VERSION],
    ['an expiry far away', { ...newest, expiresOn: now + NEAR + 1 }, VERSION],
  ])('%s: nothing', (_, found, version) => {
    expect(verdict(found, version, now)).toHaveProperty('ignore')
  })
})

describe('an order over HTTP', () => {
  test('names a secret', () => {
    expect(parseOrder({ secret: 'orders-db' })).toEqual({ secret: 'orders-db', force: false })
    expect(parseOrder({ secret: 'a', force: true, reason: 'leaked' })).toEqual({
      secret: 'a',
      force: true,
      reason: 'leaked',
    })
  })

  test.each([
    ...[undefined, null, '', [], {}, { secret: '' }, { secret: 1 }, { secret: 'a\nb' }, { secret: 'a', force: 'true' }],
    ...[
      { secret: 'a', reason: '' },
      { secret: 'a', reason: 'a\nb' },
      { secret: 'a', value: 'x' },
      { secret: 'a'.repeat(600) },
    ],
  ])('%j is refused', body => {
    expect(() => parseOrder(body)).toThrow(expect.objectContaining({ code: 'refused' }))
  })

  test('100,000 fuzzed ones, within four seconds', () => {
    const good = { secret: 'orders-db', force: true, reason: 'a person left' }
    const seen = fuzzed(good, body => void parseOrder(body))
    expect(seen.cpuMs).toBeLessThan(4_000)
    expect(seen.refused).toBeGreaterThan(10_000)
  })
})

test('100,000 fuzzed items of the queue, read or as text, within four seconds', () => {
  const good = { secret: 'orders-db', do: 'rotate', asked: '2030-01-01T00:00:00.000Z' }
  for (const sent of [good, JSON.stringify(good)]) {
    const seen = fuzzed(sent, candidate => {
      const { secret, do: what } = parseItem(textOfItem(candidate))
      if (typeof secret !== 'string' || !['rotate', 'retire'].includes(what)) throw new Error('item')
    })
    expect(seen.cpuMs).toBeLessThan(4_000)
    expect(Math.min(seen.understood, seen.refused)).toBeGreaterThan(10_000)
  }
})
