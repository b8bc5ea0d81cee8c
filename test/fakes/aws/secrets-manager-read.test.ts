// Reads. Source: service model, texts of GetSecretValue, BatchGetSecretValue, DescribeSecret, ListSecrets, Filter; error
// texts as AWS answered localstack's tests (test_get_secret_value_errors, test_secret_version_not_found).
import type { FilterNameStringType } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { refused, type Stage, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'

describe('GetSecretValue', () => {
  it('answers AWSCURRENT unless told otherwise', async () => {
    await using at = await stage()
    const { ARN } = await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    at.pass(5_250)
    await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token('two') })
    const current = await at.sdk.getSecretValue({ SecretId: NAME })
    expect(current).toMatchObject({ ARN, Name: NAME, SecretString: 'two', VersionId: token('two') })
    expect(current.VersionStages).toEqual(['AWSCURRENT'])
    expect(current.CreatedDate).toEqual(new Date(Date.UTC(2026, 0, 5, 10, 0, 5, 250)))
    const previous = await at.sdk.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPREVIOUS' })
    expect(previous.SecretString).toBe('one')
    expect((await at.sdk.getSecretValue({ SecretId: NAME, VersionId: token('one') })).SecretString).toBe('one')
  })

  it('id and stage together must name one version', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two', ClientRequestToken: token('two') })
    const read = (VersionId: string, VersionStage: string) =>
      at.sdk.getSecretValue({ SecretId: NAME, VersionId, VersionStage })
    expect((await read(token('one'), 'AWSPREVIOUS')).SecretString).toBe('one')
    const error = await refused(read(token('one'), 'AWSCURRENT'), 'InvalidRequestException')
    expect(error.message).toBe('You provided a VersionStage that is not associated to the provided VersionId.')
  })

  it('what is not there', async () => {
    await using at = await stage()
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'ResourceNotFoundException')
    await at.sdk.createSecret({ Name: NAME })
    const text = "Secrets Manager can't find the specified secret value for"
    const empty = await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'ResourceNotFoundException')
    expect(empty.message).toBe(`${text} staging label: AWSCURRENT`)
    await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'one' })
    const read = at.sdk.getSecretValue({ SecretId: NAME, VersionId: token('none') })
    expect((await refused(read, 'ResourceNotFoundException')).message).toBe(`${text} VersionId: ${token('none')}`)
  })

  it('finds a secret by name, ARN, or ARN without the six random characters ("Finding a secret from a partial ARN")', async () => {
    await using at = await stage()
    const { ARN } = await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:prod\/app\/db-[A-Za-z0-9]{6}$/)
    for (const SecretId of [NAME, ARN!, ARN!.slice(0, -7)]) {
      expect((await at.sdk.getSecretValue({ SecretId })).ARN).toBe(ARN)
    }
    for (const SecretId of [`${ARN}x`, ARN!.slice(0, -3), 'prod/app', NAME.toUpperCase()]) {
      await refused(at.sdk.getSecretValue({ SecretId }), 'ResourceNotFoundException')
    }
  })

  it('LastAccessedDate has the resolution of a day', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    expect((await at.sdk.describeSecret({ SecretId: NAME })).LastAccessedDate).toBeUndefined()
    await at.sdk.getSecretValue({ SecretId: NAME })
    expect((await at.sdk.describeSecret({ SecretId: NAME })).LastAccessedDate).toEqual(new Date(Date.UTC(2026, 0, 5)))
    const { Versions } = await at.sdk.listSecretVersionIds({ SecretId: NAME })
    expect(Versions![0]!.LastAccessedDate).toEqual(new Date(Date.UTC(2026, 0, 5)))
  })
})

describe('BatchGetSecretValue', () => {
  it('answers errors of single secrets beside the values, with HTTP 200', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: 'a', SecretString: 'value a' })
    const gone = await at.sdk.createSecret({ Name: 'gone', SecretString: 'x' })
    await at.sdk.deleteSecret({ SecretId: 'gone' })
    const answer = await at.sdk.batchGetSecretValue({ SecretIdList: ['a', 'none', gone.ARN!] })
    expect(answer.SecretValues).toMatchObject([{ Name: 'a', SecretString: 'value a', VersionStages: ['AWSCURRENT'] }])
    expect(answer.Errors).toMatchObject([
      { SecretId: 'none', ErrorCode: 'ResourceNotFoundException' },
      { SecretId: gone.ARN, ErrorCode: 'InvalidRequestException' },
    ])
    expect(answer.$metadata.httpStatusCode).toBe(200)
  })

  it('needs GetSecretValue for each secret, and ListSecrets with filters', async () => {
    await using at = await stage()
    const { ARN } = await at.sdk.createSecret({ Name: 'a', SecretString: 'x' })
    const sdk = at.open({ key: 'reader' })
    at.fake.permissions.grant('reader', ['secretsmanager:BatchGetSecretValue'])
    const { SecretValues, Errors } = await sdk.batchGetSecretValue({ SecretIdList: ['a'] })
    expect(SecretValues).toEqual([])
    expect(Errors).toMatchObject([{ SecretId: 'a', ErrorCode: 'AccessDeniedException' }])
    expect(Errors![0]!.Message).toContain(ARN)
    const filtered = sdk.batchGetSecretValue({ Filters: [{ Key: 'name', Values: ['a'] }] })
    await refused(filtered, 'AccessDeniedException')
  })

  it('takes a list or filters; MaxResults, up to 20, with filters only; up to 20 ids', async () => {
    await using at = await stage()
    for (const name of ['a1', 'a2', 'a3', 'b']) await at.sdk.createSecret({ Name: name, SecretString: name })
    const Filters = [{ Key: 'name' as const, Values: ['a'] }]
    const first = await at.sdk.batchGetSecretValue({ Filters, MaxResults: 2 })
    expect(first.SecretValues).toHaveLength(2)
    const NextToken = first.NextToken!
    const second = await at.sdk.batchGetSecretValue({ Filters, MaxResults: 2, NextToken })
    expect(second.SecretValues).toHaveLength(1)
    expect(second.NextToken).toBeUndefined()
    await refused(at.sdk.batchGetSecretValue({ Filters, SecretIdList: ['a1'] }), 'InvalidParameterException')
    await refused(at.sdk.batchGetSecretValue({}), 'InvalidParameterException')
    await refused(at.sdk.batchGetSecretValue({ SecretIdList: ['a1'], MaxResults: 5 }), 'InvalidParameterException')
    await refused(at.sdk.batchGetSecretValue({ Filters, MaxResults: 21 }), 'ValidationException')
    const many = Array.from({ length: 21 }, (_, index) => `s${index}`)
    await refused(at.sdk.batchGetSecretValue({ SecretIdList: many }), 'InvalidParameterException')
  })
})

describe('ListSecrets', () => {
  const find = async (at: Stage, ...filters: [FilterNameStringType, string[]][]) => {
    const Filters = filters.map(([Key, Values]) => ({ Key, Values }))
    const { SecretList } = await at.sdk.listSecrets({ Filters, SortBy: 'name', SortOrder: 'asc' })
    return SecretList!.map(each => each.Name)
  }

  async function three(): Promise<Stage> {
    const at = await stage()
    const tag = (Key: string, Value: string) => ({ Key, Value })
    await at.sdk.createSecret({
      Name: 'prod/a',
      Description: 'Billing DB',
      Tags: [tag('team', 'x'), tag('env', 'prod')],
    })
    at.pass(1)
    await at.sdk.createSecret({ Name: 'prod/b', Tags: [tag('team', 'prod'), tag('env', 'test')] })
    at.pass(1)
    await at.sdk.createSecret({ Name: 'Prod/c' })
    at.fake.service.createSecret({ name: 'rds-db', value: 'x', owningService: 'rds' })
    return at
  }

  it('filters by prefix, case-sensitive but for description; values by or, filters by and; ! excludes', async () => {
    await using at = await three()
    expect(await find(at, ['name', ['prod/']])).toEqual(['prod/a', 'prod/b'])
    expect(await find(at, ['name', ['a']])).toEqual([])
    expect(await find(at, ['name', ['prod/a', 'Prod']])).toEqual(['Prod/c', 'prod/a'])
    expect(await find(at, ['name', ['!prod/']])).toEqual(['Prod/c', 'rds-db'])
    expect(await find(at, ['name', ['prod', '!prod/b']])).toEqual(['prod/a'])
    expect(await find(at, ['description', ['bill']])).toEqual(['prod/a'])
    expect(await find(at, ['owning-service', ['rds']])).toEqual(['rds-db'])
    expect(await find(at, ['name', ['prod']], ['description', ['Bill']])).toEqual(['prod/a'])
    expect(await find(at, ['all', ['billing db']])).toEqual(['prod/a'])
  })

  it('tag-key and tag-value know nothing of each other: key=value cannot be asked for', async () => {
    await using at = await three()
    expect(await find(at, ['tag-key', ['env']], ['tag-value', ['prod']])).toEqual(['prod/a', 'prod/b'])
    expect(await find(at, ['tag-key', ['en']])).toEqual(['prod/a', 'prod/b'])
    expect(await find(at, ['tag-key', ['Env']])).toEqual([])
  })

  it('up to 10 filters with 1 to 10 values of a known key', async () => {
    await using at = await stage()
    const eleven = Array.from({ length: 11 }, () => ['name', ['x']] as [FilterNameStringType, string[]])
    await refused(find(at, ...eleven), 'InvalidParameterException')
    await refused(find(at, ['name', Array.from({ length: 11 }, () => 'x')]), 'InvalidParameterException')
    await refused(find(at, ['other' as FilterNameStringType, ['x']]), 'InvalidParameterException')
  })

  it('sorts, pages, and hides what is scheduled for deletion', async () => {
    await using at = await three()
    await at.sdk.deleteSecret({ SecretId: 'prod/b' })
    expect(await find(at)).toEqual(['Prod/c', 'prod/a', 'rds-db'])
    const { SecretList } = await at.sdk.listSecrets({ IncludePlannedDeletion: true, SortOrder: 'asc' })
    expect(SecretList!.map(each => each.Name).slice(0, 3)).toEqual(['prod/a', 'prod/b', 'Prod/c'])
    expect(SecretList![1]!.DeletedDate).toBeInstanceOf(Date)
    const first = await at.sdk.listSecrets({ MaxResults: 2 })
    expect(first.SecretList).toHaveLength(2)
    const second = await at.sdk.listSecrets({ MaxResults: 2, NextToken: first.NextToken! })
    expect(second.SecretList).toHaveLength(1)
    await refused(at.sdk.listSecrets({ MaxResults: 101 }), 'ValidationException')
    await refused(at.sdk.listSecrets({ NextToken: 'nonsense' }), 'InvalidNextTokenException')
  })
})

describe('DescribeSecret', () => {
  it('shows what a new secret has, and no more (recorded on AWS)', async () => {
    await using at = await stage()
    const { ARN } = await at.sdk.createSecret({ Name: NAME })
    const { $metadata: _, ...described } = await at.sdk.describeSecret({ SecretId: NAME })
    const date = new Date(Date.UTC(2026, 0, 5, 10))
    expect(described).toEqual({ ARN, Name: NAME, CreatedDate: date, LastChangedDate: date })
  })

  it('shows OwningService, and Type of a managed external secret', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: 'rds', value: 'x', owningService: 'rds' })
    at.fake.service.createSecret({ name: 'partner', value: 'x', type: 'SnowflakePat' })
    expect((await at.sdk.describeSecret({ SecretId: 'rds' })).OwningService).toBe('rds')
    expect((await at.sdk.describeSecret({ SecretId: 'partner' })).Type).toBe('SnowflakePat')
    const { SecretList } = await at.sdk.listSecrets({ SortBy: 'name', SortOrder: 'asc' })
    expect(SecretList!.map(each => each.Type ?? each.OwningService)).toEqual(['SnowflakePat', 'rds'])
  })
})
