/** What a configuration grants on AWS, by name; and what no role could reach is a sentence. */
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { permissions, problemOf } from '../../infra/permissions/aws.ts'
import { functionNames } from '../../infra/permissions/aws-calls.ts'

const HERE = { region: 'eu-central-1' }
const own = (region: string, rest: string, service = 'secretsmanager') =>
  `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}`
const arnIn = (account: string, name: string, region = 'eu-central-1') =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${name}-a1B2c3`

const target = 'target: { kind: postgres, endpoints: [{ host: db.example.com, database: orders }] }'
const configOf = (stores: string, secrets: string) =>
  loadConfig(`version: 1\nstores: ${stores}\naudit: [{ kind: stdout }]\nsecrets:\n${secrets}`, {
    fileName: '/lockstep.yml',
  })
const secret = (name: string, more: string) => `  ${name}: { strategy: single-user, ${target}, ${more} }\n`

/** Resources of one kind, by the function that has them. */
function resourcesOf(config: ReturnType<typeof configOf>, kind: string) {
  const granted = permissions(config, HERE)
  const of = functionNames.map(fn => [fn, granted[fn].find(({ on }) => on === kind)?.resources] as const)
  return Object.fromEntries(of.filter(([, resources]) => resources !== undefined))
}

describe('secrets', () => {
  test('by name with six signs of any kind, by ARN as it is given, in the region of their store', () => {
    const stores = '{ own: { kind: aws }, far: { kind: aws, region: us-east-1 } }'
    const secrets =
      secret('a', 'store: own, id: prod/a') +
      secret('b', `store: own, id: "${arnIn('123456789012', 'b')}"`) +
      secret('c', 'store: far, id: prod/c')
    const config = configOf(stores, secrets)
    const [a, b, c] = [
      own(`\${AWS::Region}`, 'secret:prod/a-??????'),
      arnIn('123456789012', 'b'),
      own('us-east-1', 'secret:prod/c-??????'),
    ]
    for (const fn of ['sweep', 'onEvent', 'worker'])
      expect(resourcesOf(config, 'Secrets')[fn]?.toSorted()).toEqual([a, b, c].toSorted())
    // Secrets Manager calls functions of its own region only
    expect(resourcesOf(config, 'Attached').rotate?.toSorted()).toEqual([a, b].toSorted())
    expect(problemOf(config, HERE)).toBeUndefined()
  })

  test('of a store with a role: the role, and nothing in its account', () => {
    const stores = '{ own: { kind: aws, role: { arn: "arn:aws:iam::210987654321:role/lockstep" } } }'
    const config = configOf(stores, secret('a', 'id: prod/a'))
    expect(resourcesOf(config, 'Secrets')).toEqual({})
    expect(resourcesOf(config, 'Attached')).toEqual({})
    expect(resourcesOf(config, 'Rotation')).toEqual({})
    expect(resourcesOf(config, 'Roles').worker).toEqual(['arn:aws:iam::210987654321:role/lockstep'])
    expect(resourcesOf(config, 'Roles').rotate).toBeUndefined()
  })

  test('an admin that is declared is no further secret; the list of all is granted from eleven on', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => secret(`s${n}`, `id: prod/s${n}`)).join('')
    const stores = '{ own: { kind: aws } }'
    const admin = target.replace('] }', '], admin: { secret: s0 } }')
    const config = configOf(stores, `${many(1)}  b: { strategy: alternating-users, users: [b1, b2], ${admin} }\n`)
    expect(resourcesOf(config, 'Read')).toEqual({})
    expect(resourcesOf(configOf(stores, many(10)), 'Listing')).toEqual({})
    expect(resourcesOf(configOf(stores, many(11)), 'Listing')).toEqual({ sweep: ['*'] })
  })
})

describe('a sentence says what one stack cannot reach', () => {
  const stores = '{ own: { kind: aws, region: eu-central-1 } }'
  test('two accounts without a role', () => {
    const [a, b] = ['123456789012', '210987654321'].map((account, n) =>
      secret(`s${n}`, `id: "${arnIn(account, `s${n}`)}"`),
    )
    expect(problemOf(configOf(stores, a! + b!), HERE)).toBe(
      'secrets.s1: the account 210987654321 is another one than 123456789012, of s0; one stack is granted nothing there. Name a role of that account in the store own.',
    )
    expect(problemOf(configOf(stores, a!), HERE)).toBeUndefined()
  })

  test('an ARN of another region than that of the stack, where the store names none', () => {
    const config = configOf('{ own: { kind: aws } }', secret('a', `id: "${arnIn('123456789012', 'a', 'us-east-1')}"`))
    expect(problemOf(config, HERE)).toMatch(/^secrets\.a: its secret is in us-east-1, .*deployed to eu-central-1/)
    expect(problemOf(config, { region: 'us-east-1' })).toBeUndefined()
  })

  test('a role of another account than the secret’s', () => {
    const role = 'role: { arn: "arn:aws:iam::210987654321:role/lockstep" }'
    const at = (account: string) =>
      configOf(`{ own: { kind: aws, ${role} } }`, secret('a', `id: "${arnIn(account, 'a')}"`))
    expect(problemOf(at('123456789012'), HERE)).toMatch(
      /^secrets\.a: its secret is in the account 123456789012, and the role/,
    )
    expect(problemOf(at('210987654321'), HERE)).toBeUndefined()
  })
})
