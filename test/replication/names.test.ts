/** Rule 10, names: what a follower's cloud would not take is found out by `check`, for each follower at its own path. */
import { describe, expect, it } from 'vitest'
import { alternating, complaints, file, load } from '../core/config/support.ts'

const stores = {
  here: { kind: 'local', file: 'here.db', key: { env: 'KEY' } },
  register: { kind: 'local', file: 'register.db', key: { env: 'KEY' } },
  aws: { kind: 'aws', region: 'us-east-1' },
  gcp: { kind: 'gcp', project: 'my-project', readBy: { alias: 'current' }, propagation: '10m' },
  regional: { kind: 'gcp', project: 'my-project', location: 'europe-west3', readBy: 'latest', propagation: '10m' },
  azure: {
    kind: 'azure',
    vault: 'https://my-kv.vault.azure.net',
    journal: { url: 'https://acct.blob.core.windows.net', container: 'journals' },
  },
}

/** With a follower there, beside one that is in order. */
function following(store: string, id: string, more: object = {}): ReturnType<typeof file> {
  const followers = [
    { store: store === 'gcp' ? 'aws' : 'gcp', id: 'orders-copy' },
    { store, id },
  ]
  const orders = alternating({ store: 'here', followers, grace: '2h', ...more })
  return file({ stores, audit: [{ kind: 'stderr' }], epochs: { store: 'register' }, secrets: { orders } })
}

const LONGEST_IN_VAULT = 127 - '-lockstep-pending'.length

describe('names of followers', () => {
  it.each([
    ['azure', 'orders_db', 'is no name of Key Vault'],
    ['azure', 'orders/db', 'is no name of Key Vault'],
    ['azure', 'orders.db', 'is no name of Key Vault'],
    ['azure', 'https://my-kv.vault.azure.net/secrets/orders', 'is a whole address'],
    ['azure', 'o'.repeat(LONGEST_IN_VAULT + 1), 'is too long: the secret beside it'],
    ['azure', 'orders-lockstep-pending', 'ends in -lockstep-pending'],
    ['gcp', 'orders/db', 'is no name of Secret Manager'],
    ['gcp', 'orders.db', 'is no name of Secret Manager'],
    ['gcp', 'o'.repeat(256), 'is no name of Secret Manager'],
    ['gcp', 'projects/my-project/secrets/orders', 'is a whole path'],
    ['regional', 'o'.repeat(255), 'is too long: the secret beside it'],
    ['regional', 'orders db', 'is no name of Secret Manager'],
    ['aws', 'orders db', 'is no name of Secrets Manager'],
    ['aws', 'o'.repeat(513), 'is no name of Secrets Manager'],
    ['aws', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf', 'the store is in us-east-1'],
    ['aws', 'rds!cluster-1', 'belongs to an AWS service'],
  ])('%s: %s', (store, id, text) => {
    const said = complaints(following(store, id))
    expect(said).toEqual([expect.stringMatching(/^secrets\.orders\.followers\[1\]\.id: /)])
    expect(said[0]).toContain(text)
  })

  it.each([
    ['azure', 'o'.repeat(LONGEST_IN_VAULT)],
    ['gcp', 'orders_db-1'],
    ['gcp', 'o'.repeat(255)],
    ['regional', 'o'.repeat(255 - '-lockstep-pending'.length)],
    ['aws', 'orders/db_1+=.@-'],
    ['here', 'any name at all'],
  ])('%s takes %s', (store, id) => {
    const loaded = load(following(store, id, store === 'here' ? { store: 'aws' } : {}))
    expect(loaded.secrets.get('orders')?.followers[1]?.id).toBe(id)
  })

  it('without an `id` of its own it has the leader’s, which has to do there as well', () => {
    const orders = alternating({ store: 'aws', id: 'orders/db', followers: [{ store: 'azure' }], grace: '2h' })
    const whole = file({ stores, audit: [{ kind: 'stderr' }], epochs: { store: 'register' }, secrets: { orders } })
    expect(complaints(whole)).toEqual([expect.stringContaining('say it with id')])
  })
})
