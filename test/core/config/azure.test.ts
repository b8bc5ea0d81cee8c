/**
 * `kind: azure`: what its keys may say, and what they mean together. None of it asks Azure.
 */
import { describe, expect, it } from 'vitest'
import { alternating, complaints, file, load, postgres, single } from './support.ts'

type Data = Record<string, unknown>

const HOUR = 3_600_000
const audit = [{ kind: 'stderr' }]
const journal = { url: 'https://acct.blob.core.windows.net', container: 'lockstep' }
const base = { kind: 'azure', vault: 'https://my-kv.vault.azure.net', journal }
const azure = (store: Data = {}, more: Data = {}): Data =>
  file({ stores: { cloud: { ...base, ...store } }, audit, ...more })
const withSecret = (secret: Data, store: Data = {}): Data => azure(store, { secrets: { orders: secret } })
const withId = (id: string): Data => withSecret(single({ id }))

describe('a store of kind azure', () => {
  it('needs a vault and a journal, and keeps what it is told', () => {
    expect(load(azure()).stores.get('cloud')).toEqual({ ...base, endpoint: undefined, propagation: 0 })
    const store = {
      vault: 'https://My-KV.vault.azure.net/',
      journal: { url: 'https://127.0.0.1:10000/devstoreaccount1/', container: 'a-b', prefix: 'prod/' },
      endpoint: 'https://localhost:8443',
      propagation: '24h',
    }
    expect(load(azure(store)).stores.get('cloud')).toEqual({
      kind: 'azure',
      vault: 'https://my-kv.vault.azure.net',
      journal: { url: 'https://127.0.0.1:10000/devstoreaccount1', container: 'a-b', prefix: 'prod/' },
      endpoint: 'https://localhost:8443',
      propagation: 24 * HOUR,
    })
  })

  it.each(['https://x.vault.usgovcloudapi.net', 'https://x.vault.azure.cn', 'https://localhost:8443'])(
    'vault %s',
    vault => {
      expect(load(azure({ vault })).stores.get('cloud')).toMatchObject({ vault })
    },
  )

  const vaultSays =
    'stores.cloud.vault: expected the address of a vault, such as https://NAME.vault.azure.net, with nothing behind it'
  const urlSays =
    'stores.cloud.journal.url: expected an address such as https://ACCOUNT.blob.core.windows.net, with nothing behind it'
  const containerSays =
    'stores.cloud.journal.container: expected a container: 3 to 63 lower-case letters, digits and single -'
  it.each<[string, Data, string[]]>([
    ['the name of a vault', { vault: 'my-kv' }, [vaultSays]],
    ['the address of a secret', { vault: 'https://my-kv.vault.azure.net/secrets/x' }, [vaultSays]],
    ['a vault in clear', { vault: 'http://my-kv.vault.azure.net' }, [vaultSays]],
    ['a password in the address', { vault: 'https://user:pw@my-kv.vault.azure.net' }, [vaultSays]],
    [
      'a storage account as vault',
      { vault: 'https://acct.blob.core.windows.net' },
      ['stores.cloud.vault: is the address of a storage account'],
    ],
    [
      'a managed HSM',
      { vault: 'https://x.managedhsm.azure.net' },
      ['stores.cloud.vault: is a managed HSM, which holds keys and no secrets'],
    ],
    ['no journal', { journal: undefined }, ['stores.cloud.journal: is missing; expected a mapping']],
    ['a journal in clear', { journal: { ...journal, url: 'http://acct.blob.core.windows.net' } }, [urlSays]],
    [
      'an emulator on another machine',
      { endpoint: 'https://localhost.example' },
      ['stores.cloud.endpoint: expected an https:// address of this machine (localhost or 127.0.0.1)'],
    ],
    ['a token in the address', { journal: { ...journal, url: `${journal.url}/?sig=x` } }, [urlSays]],
    [
      'the address of its queues',
      { journal: { ...journal, url: 'https://acct.queue.core.windows.net' } },
      ['stores.cloud.journal.url: is not the address of a blob service'],
    ],
    ['a container in capitals', { journal: { ...journal, container: 'Lockstep' } }, [containerSays]],
    ['a container with --', { journal: { ...journal, container: 'a--b' } }, [containerSays]],
    ['a misspelt key', { vualt: 'x' }, ["stores.cloud.vualt: unknown key; did you mean 'vault'?"]],
    [
      'a misspelt key inside',
      { journal: { ...journal, contaner: 'x' } },
      ["stores.cloud.journal.contaner: unknown key; did you mean 'container'?"],
    ],
  ])('refuses %s', (_, store, expected) => {
    expect(complaints(azure(store))).toEqual(expected)
  })

  it('needs a place for events', () => {
    expect(complaints(azure({}, { audit: [] }))).toEqual([
      expect.stringContaining('stores.cloud: keeps no audit trail itself'),
    ])
  })
})

describe('names in Key Vault', () => {
  const noName = 'secrets.orders.id: is no name of Key Vault: at most 127 letters, digits and - (say it with id)'
  it.each([
    ['a slash', 'prod/orders', noName],
    ['a _', 'orders_db', noName],
    ['too long', 'x'.repeat(128), noName],
    [
      'too long for the secret beside it',
      'x'.repeat(111),
      'secrets.orders.id: is too long: the secret beside it, with -lockstep-pending behind the name, has to fit into 127 letters',
    ],
    [
      'an address',
      'https://my-kv.vault.azure.net/secrets/orders',
      'secrets.orders.id: is a whole address; expected only what stands behind secrets/',
    ],
    [
      'a secret of ours, however it is spelt',
      'orders-Lockstep-Pending',
      'secrets.orders.id: ends in -lockstep-pending, which is for the secrets that Lockstep makes',
    ],
  ])('refuses %s', (_, id, says) => {
    expect(complaints(withId(id))).toEqual([says])
  })

  it('takes 110 letters, and capitals', () => {
    expect(load(withId('x'.repeat(110))).secrets.size).toBe(1)
    expect(load(withId('Orders-DB')).secrets.get('orders')?.id).toBe('Orders-DB')
  })

  it('names that differ in capitals only are one secret, also as its own admin', () => {
    const other = single({ id: 'ORDERS', target: postgres({ endpoints: [{ host: 'other', database: 'd' }] }) })
    expect(complaints(azure({}, { secrets: { a: single({ id: 'orders' }), b: other } }))).toEqual([
      'secrets.b: is the same secret of the same store as a',
    ])
    const target = postgres({ admin: { id: 'Orders' } })
    expect(complaints(withSecret(alternating({ target })))).toEqual([
      'secrets.orders.target.admin: is the secret itself',
    ])
  })

  it('a value over 25 KB is refused before it is made', () => {
    const value = { format: 'template', template: `{password}${'x'.repeat(25_000)}` }
    expect(complaints(withSecret(single({ user: 'u', value })))).toEqual([
      'secrets.orders.id: needs a value of more than 25000 bytes',
    ])
  })
})

describe('how consumers read', () => {
  const reading = (reads: string, refresh: string, more: Data = {}) =>
    withSecret(alternating({ consumers: [{ kind: 'azure-function', refresh, reads }], ...more }))

  it('a reference of App Service is read again within 24 h: nothing less is believed', () => {
    expect(complaints(reading('reference', '5m'))).toEqual([
      'secrets.orders.consumers[0].refresh: is less than 24h, after which App Service reads a reference again',
    ])
    expect(load(reading('reference', '24h', { grace: '26h' })).secrets.size).toBe(1)
    expect(load(reading('latest', '5m')).secrets.size).toBe(1)
  })

  it('anything else is refused', () => {
    expect(complaints(reading('current', '5m'))).toEqual([
      'secrets.orders.consumers[0].reads: expected latest or reference, on Key Vault',
    ])
  })

  it('a grace below the propagation that the store is said to have', () => {
    expect(complaints(withSecret(alternating({ grace: '23h' }), { propagation: '24h' }))).toEqual([
      'secrets.orders.grace: is shorter than the 1d that consumers may be shown the version before (propagation of the store)',
    ])
  })
})
