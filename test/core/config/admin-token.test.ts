/**
 * An admin without a stored password, in `lockstep.yml`.
 */
import { describe, expect, it } from 'vitest'
import { adminOf } from '../../../core/config/types.ts'
import { alternating, complaints, file, loadSecret, postgres } from './support.ts'

const RDS = 'orders.abc123def456.eu-central-1.rds.amazonaws.com'
const at = (host: string) => ({ endpoints: [{ host, database: 'orders' }] })
const secret = (admin: unknown, more = {}) => alternating({ target: postgres({ ...at(RDS), admin, ...more }) })
const refused = (admin: unknown, more = {}) => complaints(file({ secrets: { orders: secret(admin, more) } }))
const rds = { token: 'rds-iam', user: 'rotator' }
const where = 'secrets.orders.target'

describe('admin by token', () => {
  it('is a user and where its token comes from; no store holds anything', () => {
    const { target } = loadSecret(secret(rds))
    expect(target).toMatchObject({ admin: { token: 'rds-iam', user: 'rotator', region: undefined } })
    expect(adminOf(target)).toBeUndefined()
    const entra = loadSecret(secret({ token: 'entra', user: 'rotator' }, at('orders.postgres.database.azure.com')))
    expect(entra.target).toMatchObject({ admin: { token: 'entra' } })
  })

  it('stands alone', () => {
    expect(refused({ ...rds, secret: 'orders' })).toContain(`${where}.admin: needs one of secret, id and token`)
    for (const more of [{ store: 'local' }, { value: { format: 'json' } }, { user: undefined }])
      expect(refused({ ...rds, ...more })).toEqual([`${where}.admin: token needs user, and nothing else but region`])
    expect(refused({ token: 'entra', user: 'x', region: 'eu-central-1' })).toEqual([
      `${where}.admin: region goes with token: rds-iam`,
    ])
    expect(refused({ token: 'rds-im', user: 'x' })).toEqual([
      `${where}.admin.token: expected one of rds-iam, cloud-sql-iam, entra; did you mean 'rds-iam'?`,
    ])
  })

  it.each(['verify-ca', 'require', 'disable'])('is sent to no server that has not proven its name (%s)', mode => {
    expect(refused(rds, { tls: { mode } })).toEqual([
      `${where}.tls: must be mode verify-full, because the token of the admin is sent as it is (token: rds-iam)`,
    ])
  })

  it('needs a region that the host names, or that is said', () => {
    expect(refused(rds, at('db.internal'))).toEqual([
      `${where}.admin: needs region: the host db.internal does not name one, as endpoints of RDS do`,
    ])
    expect(loadSecret(secret({ ...rds, region: 'eu-central-1' }, at('db.internal')))).toBeDefined()
  })

  it('is not one of the logins that are rotated', () => {
    expect(refused({ ...rds, user: 'app_a' })).toEqual([`${where}.admin.user: is a login that this secret rotates`])
  })

  it('is for engines whose driver can send a token', () => {
    const endpoints = [{ host: RDS }]
    const mysql = alternating({ target: { kind: 'mysql', endpoints, admin: rds } })
    expect(complaints(file({ secrets: { orders: mysql } }))).toEqual([
      `${where}.admin.token: is not possible on MySQL; name an admin secret`,
    ])
  })
})
