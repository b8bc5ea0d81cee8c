/**
 * `kind: aws`: what its keys may say, and what they mean together. None of it asks AWS.
 */
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { awsName, readsLikeArnSuffix } from '../../../core/config/cross-check-aws.ts'
import { alternating, complaints, file, load, postgres, single } from './support.ts'

type Data = Record<string, unknown>

const audit = [{ kind: 'stderr' }]
const aws = (store: Data = {}, more: Data = {}): Data =>
  file({ stores: { cloud: { kind: 'aws', ...store } }, audit, ...more })
const withId = (id: string, store: Data = {}): Data => aws(store, { secrets: { orders: single({ id }) } })
const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/orders-a1B2c3'

describe('a store of kind aws', () => {
  it('needs nothing but its kind, and keeps what it is told', () => {
    expect(load(aws()).stores.get('cloud')).toEqual({
      kind: 'aws',
      region: undefined,
      endpoint: undefined,
      role: undefined,
    })
    const role = { arn: 'arn:aws:iam::123456789012:role/path/rotation', externalId: 'lockstep' }
    const store = { region: 'us-gov-west-1', endpoint: 'http://127.0.0.1:4566', role }
    expect(load(aws(store)).stores.get('cloud')).toEqual({ kind: 'aws', ...store })
  })

  it.each(['eu-central-1', 'us-gov-west-1', 'us-isob-east-1', 'cn-north-1', 'ap-southeast-5'])('region %s', region => {
    expect(load(aws({ region })).stores.get('cloud')).toMatchObject({ region })
  })

  it.each([
    'https://vpce-0abc.secretsmanager.eu-central-1.vpce.amazonaws.com',
    'http://localhost:4566/',
    'http://[::1]:4566',
    'http://127.0.0.1',
  ])('endpoint %s', endpoint => {
    expect(load(aws({ endpoint })).stores.get('cloud')).toMatchObject({ endpoint })
  })

  const url =
    'stores.cloud.endpoint: expected an https:// URL, or http:// on this machine (localhost, 127.0.0.1, [::1])'
  it.each<[string, Data, string[]]>([
    ['a region', { region: 'Frankfurt' }, ['stores.cloud.region: expected a region such as eu-central-1']],
    ['a zone', { region: 'eu-central-1a' }, ['stores.cloud.region: expected a region such as eu-central-1']],
    ['plaintext to another machine', { endpoint: 'http://aws.example' }, [url]],
    ['plaintext to a name that begins like this machine', { endpoint: 'http://localhost.example' }, [url]],
    ['a password in the address', { endpoint: 'https://user:password@aws.example' }, [url]],
    ['an address without a scheme', { endpoint: 'localhost:4566' }, [url]],
    ['a misspelt key', { regoin: 'eu-central-1' }, ["stores.cloud.regoin: unknown key; did you mean 'region'?"]],
    ['a key of another kind', { key: { env: 'KEY' } }, ['stores.cloud.key: unknown key']],
    [
      'a user instead of a role',
      { role: { arn: 'arn:aws:iam::123456789012:user/me' } },
      ['stores.cloud.role.arn: expected the ARN of a role, such as arn:aws:iam::123456789012:role/rotation'],
    ],
    [
      'a role without its ARN',
      { role: { externalId: 'abc' } },
      [
        'stores.cloud.role.arn: is missing; expected the ARN of a role, such as arn:aws:iam::123456789012:role/rotation',
      ],
    ],
  ])('refuses %s', (_, store, expected) => {
    expect(complaints(aws(store))).toEqual(expected)
  })
})

describe('everything is on record', () => {
  it('a store without a trail of its own needs a place for events: the line to add is in the message', () => {
    const [says] = complaints(aws({}, { audit: [] }))
    expect(says).toMatch(/^stores\.cloud: keeps no audit trail itself; .*`(audit: .*)`$/)
    const [, line] = /`(audit: .*)`$/.exec(says!)!
    expect(load(aws({}, parse(line!))).audit).toEqual([{ kind: 'file', file: '/etc/lockstep/lockstep-audit.jsonl' }])
  })

  it('an environment may bring it', () => {
    const base = file({
      environments: { prod: { stores: { local: { kind: 'aws' } }, audit } },
    })
    expect(load(base).stores.get('local')?.kind).toBe('local')
    expect(load(base, 'prod').stores.get('local')?.kind).toBe('aws')
  })
})

describe('names in AWS', () => {
  it.each(['prod/orders', 'a', 'x'.repeat(512), 'A_b+c=d.e@f-g', ARN, ARN.replace('arn:aws:', 'arn:aws-us-gov:')])(
    'takes %s',
    id => {
      expect(load(withId(id)).secrets.get('orders')?.id).toBe(id)
    },
  )

  const noName =
    'secrets.orders.id: is no name of Secrets Manager: at most 512 letters, digits and /_+=.@-, or a complete ARN'
  const noArn =
    'secrets.orders.id: is no complete ARN of a secret: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-xxxxxx'
  it.each([
    ['a blank', 'prod orders', noName],
    ['a letter that is not ASCII', 'prod/größe', noName],
    ['too long', 'x'.repeat(513), noName],
    ['an ARN without its suffix', ARN.slice(0, -7), noArn],
    ['an ARN of something else', 'arn:aws:iam::123456789012:role/x', noArn],
    [
      'a secret that a service owns',
      'rds!db-1234',
      'secrets.orders.id: belongs to an AWS service (its name has a !), which rotates it itself',
    ],
  ])('refuses %s', (_, id, says) => {
    expect(complaints(withId(id))).toEqual([says])
  })

  it('refuses the ARN of another region', () => {
    expect(complaints(withId(ARN, { region: 'us-east-1' }))).toEqual([
      'secrets.orders.id: is the ARN of a secret in eu-central-1; the store is in us-east-1',
    ])
    expect(load(withId(ARN, { region: 'eu-central-1' })).secrets.size).toBe(1)
  })

  it('lets a service own the admin secret, and checks its name too', () => {
    const withAdmin = (id: string) =>
      aws({}, { secrets: { orders: alternating({ target: postgres({ admin: { id } }) }) } })
    expect(load(withAdmin('rds!cluster-1a96bebc')).secrets.size).toBe(1)
    expect(complaints(withAdmin('not a name'))).toEqual([
      expect.stringContaining('secrets.orders.target.admin.id: is no name of Secrets Manager'),
    ])
  })

  it('sees one secret behind its name and its ARN', () => {
    const other = single({ id: ARN, target: postgres({ endpoints: [{ host: 'other', database: 'd' }] }) })
    expect(complaints(aws({}, { secrets: { orders: single({ id: 'prod/orders' }), again: other } }))).toEqual([
      'secrets.again: is the same secret of the same store as orders',
    ])
    const admin = { admin: { id: ARN } }
    expect(
      complaints(aws({}, { secrets: { a: alternating({ id: 'prod/orders', target: postgres(admin) }) } })),
    ).toEqual(['secrets.a.target.admin: is the secret itself'])
  })

  it('knows names that the service may take for an ARN', () => {
    expect(awsName(ARN)).toBe('prod/orders')
    expect([ARN, 'prod/db-secret', 'prod/db-master', 'prod/db', 'a-b-c'].map(readsLikeArnSuffix)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })

  it('asks nothing of names in a local store', () => {
    expect(load(file({ secrets: { orders: single({ id: 'prod orders!' }) } })).secrets.size).toBe(1)
  })
})
