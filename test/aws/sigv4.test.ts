/**
 * Our signatures, compared with those of the SDK's own signer. Signatures are right or wrong; no cloud has taken them yet.
 */
import { describe, expect, it } from 'vitest'
import { rdsIam } from '../../aws/admin-token.ts'
import { presigned, signed } from '../../aws/sigv4.ts'
import { identity, sdkSigner, session } from './signer.ts'

const at = new Date('2026-11-29T20:15:00.123Z')

describe('a signed request', () => {
  it.each([
    [
      'ecs',
      'POST',
      '/',
      { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'A.B' },
      '{"a":"ü"}',
      identity,
    ],
    ['lambda', 'GET', '/2015-03-31/functions/orders/configuration', {}, '', session],
    [
      'lambda',
      'PUT',
      '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aorders/configuration',
      { 'content-type': 'application/json' },
      '{"Environment":{}}',
      session,
    ],
  ])('%s %s %s is signed as the SDK does it', async (service, method, path, headers, body, by) => {
    const scope = { service, region: 'eu-central-1', at }
    const host = `${service}.eu-central-1.amazonaws.com`
    const ours = signed({ method, host, path, headers, body }, by, scope)
    const request = { method, protocol: 'https:', hostname: host, path, headers: { ...headers, host }, query: {}, body }
    const theirs = await sdkSigner(service, 'eu-central-1', by).sign(request, { signingDate: at })
    expect(ours).toEqual(Object.fromEntries(Object.entries(theirs.headers).filter(([name]) => name !== 'host')))
    expect(ours.authorization).toMatch(/Signature=[0-9a-f]{64}$/)
  })
})

describe('a login at RDS by IAM', () => {
  const host = 'orders.abc123def456.eu-central-1.rds.amazonaws.com'
  const login = { user: 'rotator+x/y', host, port: 5432, region: undefined }
  const callerWith = (by: typeof identity) => async () => ({ identity: async () => by, region: async () => 'none' })

  it.each([
    ['a user', identity],
    ['a role', session],
  ])('is signed as the SDK does it, as %s', async (_, by) => {
    const clock = { now: () => at.getTime() }
    const token = (await rdsIam(clock, callerWith(by))(login)).reveal()
    const request = {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      port: 5432,
      path: '/',
      headers: { host: `${host}:5432` },
      query: { Action: 'connect', DBUser: login.user },
    }
    const options = { signingDate: at, expiresIn: 900 }
    const { query } = await sdkSigner('rds-db', 'eu-central-1', by).presign(request, options)
    const url = new URL(`https://${token}`)
    expect(Object.fromEntries(url.searchParams)).toEqual(query)
    expect(token.startsWith(`${host}:5432/?Action=connect&DBUser=rotator%2Bx%2Fy&X-Amz-`)).toBe(true)
  })

  it('is for one place, user and quarter of an hour', () => {
    const scope = { service: 'rds-db', region: 'eu-central-1', at }
    const of = (place: string, user: string) =>
      presigned(place, { DBUser: user }, 900, identity, scope).split('=').at(-1)
    expect(new Set([of('a:1', 'x'), of('b:1', 'x'), of('a:2', 'x'), of('a:1', 'y')]).size).toBe(4)
  })

  it('needs a region, by name or said', async () => {
    const asked: string[] = []
    const fetch = rdsIam({ now: () => at.getTime() }, async region => {
      asked.push(region)
      return (await callerWith(identity))()
    })
    await expect(fetch({ ...login, host: 'db.internal' })).rejects.toMatchObject({ code: 'config-invalid' })
    await fetch(login)
    await fetch({ ...login, host: 'db.internal', region: 'us-east-1' })
    expect(asked).toEqual(['eu-central-1', 'us-east-1'])
  })
})
