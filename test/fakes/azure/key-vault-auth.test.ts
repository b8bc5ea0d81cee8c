// Who may talk to a vault at all, and which vault it is.
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
import { expect, it } from 'vitest'
import { refused, stage } from './key-vault/support.ts'
import { createKeyVault } from './key-vault.ts'

it('the first request has no token and no body: 401 with a challenge, and nothing is written', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  expect(at.fake.calls.list.map(({ op, error }) => [op, error])).toEqual([
    ['challenge', 'Unauthorized'],
    ['SetSecret', undefined],
  ])
  expect(at.fake.service.peek('app-db').versions.size).toBe(1)
  await at.sdk.setSecret('app-db', 'two')
  expect(at.fake.calls.count('challenge')).toBe(1)
})

it('the challenge names the authority and the resource', async () => {
  const fake = createKeyVault()
  const url = `${fake.vaultUrl}/secrets/app-db?api-version=2026-04-01`
  const answer = await fake.handle({ method: 'PUT', url, headers: {}, body: '{"value":"one"}' })
  expect(answer.status).toBe(401)
  expect(answer.headers['www-authenticate']).toMatch(
    /^Bearer authorization="https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}", resource="https:\/\/vault\.azure\.net"$/,
  )
  expect(JSON.parse(answer.body).error.code).toBe('Unauthorized')
  expect(fake.service.find('app-db')).toBeUndefined()
})

it('a garbage token is 401, one that was changed too', async () => {
  await using at = await stage()
  const one = at.fake.tokens.make('test')
  for (const token of ['garbage', `${one.slice(0, -4)}AAAA`, '']) {
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
    await refused(at.open({ credential }).setSecret('app-db', 'one'), 401, 'Unauthorized')
  }
  expect(at.fake.service.find('app-db')).toBeUndefined()
})

it('a token for another audience is 401', async () => {
  await using at = await stage()
  const credential = at.fake.tokens.credential('test', { audience: 'https://management.azure.com' })
  const text = await refused(at.open({ credential }).getSecret('app-db'), 401, 'Unauthorized')
  expect(text).toContain('AKV10022: Invalid audience. Expected https://vault.azure.net')
})

it('a token that ended is 401, until the client gets another', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  at.fake.service.expireTokens()
  await refused(at.sdk.getSecret('app-db'), 401, 'Unauthorized')
  await at.open().getSecret('app-db')
  await at.open({ identity: 'other' }).getSecret('app-db')
})

it('a revoked identity is 401, also with a new token, until it is restored', async () => {
  await using at = await stage()
  at.fake.service.putAsPerson('app-db', 'one')
  at.fake.tokens.revoke('me')
  await refused(at.open({ identity: 'me' }).getSecret('app-db'), 401, 'Unauthorized')
  at.fake.tokens.restore('me')
  await at.open({ identity: 'me' }).getSecret('app-db')
})

it('once answered 401, the client repeats its request by itself', async () => {
  await using at = await stage()
  await at.sdk.setSecret('app-db', 'one')
  at.fake.faults.next('SetSecret', 'expired-token')
  await at.sdk.setSecret('app-db', 'two')
  expect(at.fake.service.peek('app-db').versions.size).toBe(2)
})

it('the host names the vault: several on one port, an unknown one has no address', async () => {
  await using at = await stage()
  at.fake.service.createVault('other-kv')
  const other = at.open({ vault: 'other-kv' })
  await at.sdk.setSecret('app-db', 'here')
  await other.setSecret('app-db', 'there')
  expect((await at.sdk.getSecret('app-db')).value).toBe('here')
  const there = await other.getSecret('app-db')
  expect(there.value).toBe('there')
  expect(there.properties.vaultUrl).toBe(`https://other-kv.vault.azure.net:${at.fake.port}`)
  await expect(at.open({ vault: 'no-kv' }).getSecret('app-db')).rejects.toMatchObject({ code: 'ENOTFOUND' })
})

it('as localhost the home vault, for who does not verify the resource; who does refuses', async () => {
  await using at = await stage()
  at.fake.service.putAsPerson('app-db', 'one')
  const { SecretClient } = await import('@azure/keyvault-secrets')
  const open = (disableChallengeResourceVerification: boolean) =>
    new SecretClient(at.fake.endpoint, at.fake.tokens.credential(), {
      tlsOptions: { ca: at.fake.ca },
      disableChallengeResourceVerification,
    })
  expect((await open(true).getSecret('app-db')).value).toBe('one')
  await expect(open(false).getSecret('app-db')).rejects.toThrow('does not match the requested domain')
})

it('a request without api-version is 400', async () => {
  const fake = createKeyVault()
  const headers = { authorization: `Bearer ${fake.tokens.make('test')}` }
  const answer = await fake.handle({ method: 'GET', url: `${fake.vaultUrl}/secrets`, headers, body: '' })
  expect(answer.status).toBe(400)
})
