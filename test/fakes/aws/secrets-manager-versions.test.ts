// Versions without labels, and their quota. Source: service model (DescribeSecret, ListSecretVersionIds, PutSecretValue);
// User Guide, "Quotas"; what AWS answered to localstack's tests (test_deprecated_secret_version_stage).
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { DAY, labels, refused, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'

async function putMany(sdk: SecretsManager, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await sdk.putSecretValue({ SecretId: NAME, SecretString: name, ClientRequestToken: token(name) })
  }
}

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

it('a version without labels is hidden from Describe, List and BatchGet, and still readable by its id', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await putMany(at.sdk, ['two', 'three'])
  const { VersionIdsToStages } = await at.sdk.describeSecret({ SecretId: NAME })
  expect(VersionIdsToStages).toEqual({ [token('two')]: ['AWSPREVIOUS'], [token('three')]: ['AWSCURRENT'] })
  const { SecretList } = await at.sdk.listSecrets({})
  expect(SecretList![0]!.SecretVersionsToStages).toEqual(VersionIdsToStages)
  expect(await at.sdk.getSecretValue({ SecretId: NAME, VersionId: token('one') })).toMatchObject({
    SecretString: 'one',
  })
})

it('ListSecretVersionIds shows it with IncludeDeprecated only, without stages', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await putMany(at.sdk, ['two', 'three'])
  const { Versions, ARN, Name } = await at.sdk.listSecretVersionIds({ SecretId: NAME })
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:prod\/app\/db-[A-Za-z0-9]{6}$/)
  expect(Name).toBe(NAME)
  expect(Versions!.map(each => each.VersionId)).toEqual([token('two'), token('three')])
  const all = await at.sdk.listSecretVersionIds({ SecretId: NAME, IncludeDeprecated: true })
  expect(all.Versions!.map(each => [each.VersionId, each.VersionStages])).toEqual([
    [token('one'), undefined],
    [token('two'), ['AWSPREVIOUS']],
    [token('three'), ['AWSCURRENT']],
  ])
  expect(all.Versions![0]).toMatchObject({ KmsKeyIds: ['DefaultEncryptionKey'], CreatedDate: expect.any(Date) })
})

it('ListSecretVersionIds pages', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
  await putMany(at.sdk, named('v', 4))
  const seen: (string | undefined)[] = []
  let NextToken: string | undefined
  do {
    const input = { SecretId: NAME, IncludeDeprecated: true, MaxResults: 2, ...(NextToken && { NextToken }) }
    const page = await at.sdk.listSecretVersionIds(input)
    seen.push(...page.Versions!.map(each => each.VersionId))
    NextToken = page.NextToken
  } while (NextToken)
  expect(new Set(seen).size).toBe(5)
  await refused(at.sdk.listSecretVersionIds({ SecretId: NAME, NextToken: 'x' }), 'InvalidNextTokenException')
})

it('a label brings a deprecated version back', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await putMany(at.sdk, ['two', 'three'])
  const back = { SecretId: NAME, VersionStage: 'AWSCURRENT', MoveToVersionId: token('one') }
  await at.sdk.updateSecretVersionStage({ ...back, RemoveFromVersionId: token('three') })
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPREVIOUS: token('three') })
})

it('LimitExceededException at 100 versions younger than 24 hours', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
  await putMany(at.sdk, named('v', 99))
  await refused(putMany(at.sdk, ['more']), 'LimitExceededException')
  await refused(at.sdk.updateSecret({ SecretId: NAME, SecretString: 'more' }), 'LimitExceededException')
  expect(await at.sdk.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'v98' })
  await putMany(at.sdk, ['v98'])
})

it('above 100 the oldest unlabelled ones older than 24 hours go, and no others', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await at.sdk.updateSecretVersionStage({ SecretId: NAME, VersionStage: 'KEEP', MoveToVersionId: token('one') })
  for (const name of named('old', 50)) {
    at.pass(1)
    await putMany(at.sdk, [name])
  }
  at.pass(DAY)
  await putMany(at.sdk, named('new', 49))
  expect(at.fake.service.peek(NAME).versions.size).toBe(100)
  await putMany(at.sdk, ['last'])
  const { versions } = at.fake.service.peek(NAME)
  expect(versions.size).toBe(100)
  expect(versions.has(token('one'))).toBe(true)
  expect(versions.has(token('old0'))).toBe(false)
  expect(versions.has(token('old1'))).toBe(true)
  await refused(at.sdk.getSecretValue({ SecretId: NAME, VersionId: token('old0') }), 'ResourceNotFoundException')
})

it('below 100 nothing is removed, however old', async () => {
  await using at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await putMany(at.sdk, ['two', 'three'])
  at.pass(400 * DAY)
  await putMany(at.sdk, ['four'])
  expect(at.fake.service.peek(NAME).versions.has(token('one'))).toBe(true)
})
