// Creating, changing, tagging, deleting. Source: service model of each operation; texts marked "recorded" are what AWS
// answered localstack's tests.
import { describe, expect, it } from 'vitest'
import { DAY, labels, refused, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'
const DELETED = "You can't perform this operation on the secret because it was marked for deletion."

describe('CreateSecret', () => {
  it('the same token and value again is ignored; anything else under the name fails', async () => {
    await using at = await stage()
    const input = { Name: NAME, SecretString: 'one', ClientRequestToken: token('one') }
    const first = await at.sdk.createSecret(input)
    expect(await at.sdk.createSecret(input)).toMatchObject({ ARN: first.ARN, VersionId: token('one') })
    await refused(at.sdk.createSecret({ ...input, SecretString: 'two' }), 'ResourceExistsException')
    await refused(at.sdk.createSecret({ ...input, ClientRequestToken: token('two') }), 'ResourceExistsException')
    expect(at.fake.service.peek(NAME).versions.size).toBe(1)
  })

  it('names have letters, digits and /_+=.@-, up to 512', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: 'Valid/_+=.@-Name-a1b2c3-' })
    for (const Name of ['spa ce', 'ö', 'a'.repeat(513)])
      await refused(at.sdk.createSecret({ Name }), 'InvalidParameterException')
  })

  it('needs TagResource too when it carries tags', async () => {
    await using at = await stage()
    at.fake.permissions.grant('maker', ['secretsmanager:CreateSecret'])
    const sdk = at.open({ key: 'maker' })
    const Tags = [{ Key: 'a', Value: 'b' }]
    expect((await refused(sdk.createSecret({ Name: NAME, Tags }), 'AccessDeniedException')).message).toContain(
      'TagResource',
    )
    await sdk.createSecret({ Name: NAME })
  })
})

describe('UpdateSecret', () => {
  it('a value moves AWSCURRENT; an existing token is an error even with the same value', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    const two = { SecretId: NAME, SecretString: 'two', ClientRequestToken: token('two') }
    expect(await at.sdk.updateSecret(two)).toMatchObject({ VersionId: token('two') })
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('two'), AWSPREVIOUS: token('one') })
    await refused(at.sdk.updateSecret(two), 'ResourceExistsException')
  })

  it('without a value it makes no version', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    at.pass(60_000)
    const answer = await at.sdk.updateSecret({ SecretId: NAME, Description: 'new', KmsKeyId: 'alias/mine' })
    expect(answer.VersionId).toBeUndefined()
    const described = await at.sdk.describeSecret({ SecretId: NAME })
    expect(described).toMatchObject({ Description: 'new', KmsKeyId: 'alias/mine' })
    expect(described.LastChangedDate!.getTime() - described.CreatedDate!.getTime()).toBe(60_000)
    expect(at.fake.service.peek(NAME).versions.size).toBe(1)
    const { Versions } = await at.sdk.listSecretVersionIds({ SecretId: NAME })
    expect(Versions![0]!.KmsKeyIds).toEqual(['alias/mine'])
  })
})

describe('DeleteSecret and RestoreSecret', () => {
  it('a secret scheduled for deletion is described and listed by version; all else is refused (texts recorded)', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    const { DeletionDate } = await at.sdk.deleteSecret({ SecretId: NAME })
    expect(DeletionDate!.getTime()).toBe(Date.UTC(2026, 0, 5, 10) + 30 * DAY)
    const SecretId = NAME
    const calls = [
      at.sdk.getSecretValue({ SecretId }),
      at.sdk.putSecretValue({ SecretId, SecretString: 'x' }),
      at.sdk.updateSecret({ SecretId, SecretString: 'x' }),
      at.sdk.updateSecretVersionStage({ SecretId, VersionStage: 'MINE', MoveToVersionId: token('one') }),
      at.sdk.rotateSecret({ SecretId, RotationLambdaARN: 'arn:aws:lambda:us-east-1:1:function:f' }),
      at.sdk.cancelRotateSecret({ SecretId }),
      at.sdk.tagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] }),
      at.sdk.untagResource({ SecretId, TagKeys: ['a'] }),
      at.sdk.deleteSecret({ SecretId }),
      at.sdk.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'eu-west-1' }] }),
      at.sdk.putResourcePolicy({ SecretId, ResourcePolicy: '{}' }),
    ]
    for (const call of calls) expect((await refused(call, 'InvalidRequestException')).message).toBe(DELETED)
    const again = await refused(at.sdk.createSecret({ Name: NAME }), 'InvalidRequestException')
    expect(again.message).toContain('already scheduled for deletion')
    expect((await at.sdk.describeSecret({ SecretId })).DeletedDate).toEqual(DeletionDate)
    expect((await at.sdk.listSecretVersionIds({ SecretId })).Versions).toHaveLength(1)
  })

  it('restored, it is as before', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    await at.sdk.deleteSecret({ SecretId: NAME, RecoveryWindowInDays: 7 })
    await at.sdk.restoreSecret({ SecretId: NAME })
    expect((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
    expect((await at.sdk.describeSecret({ SecretId: NAME })).DeletedDate).toBeUndefined()
  })

  it('is gone after the window (at once, which AWS does not promise); the name is free, the ARN another', async () => {
    await using at = await stage()
    const first = await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    await at.sdk.deleteSecret({ SecretId: NAME, RecoveryWindowInDays: 7 })
    at.pass(7 * DAY)
    await refused(at.sdk.describeSecret({ SecretId: NAME }), 'ResourceNotFoundException')
    expect((await at.sdk.createSecret({ Name: NAME })).ARN).not.toBe(first.ARN)
  })

  it('ForceDeleteWithoutRecovery is at once, and no error for what is not there', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    await at.sdk.deleteSecret({ SecretId: NAME })
    await at.sdk.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await refused(at.sdk.describeSecret({ SecretId: NAME }), 'ResourceNotFoundException')
    await at.sdk.deleteSecret({ SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await refused(at.sdk.deleteSecret({ SecretId: NAME }), 'ResourceNotFoundException')
  })

  it('the window has 7 to 30 days, and not together with force', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME })
    for (const RecoveryWindowInDays of [6, 31]) {
      await refused(at.sdk.deleteSecret({ SecretId: NAME, RecoveryWindowInDays }), 'InvalidParameterException')
    }
    const both = { SecretId: NAME, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }
    await refused(at.sdk.deleteSecret(both), 'InvalidParameterException')
  })
})

describe('tags', () => {
  it('merge by key, case-sensitive; removing what is not there is no error', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, Tags: [{ Key: 'a', Value: '1' }] })
    await at.sdk.tagResource({
      SecretId: NAME,
      Tags: [
        { Key: 'A', Value: '2' },
        { Key: 'a', Value: '3' },
      ],
    })
    expect(at.fake.service.peek(NAME).tags).toEqual({ a: '3', A: '2' })
    await at.sdk.untagResource({ SecretId: NAME, TagKeys: ['a', 'none'] })
    expect((await at.sdk.describeSecret({ SecretId: NAME })).Tags).toEqual([{ Key: 'A', Value: '2' }])
    await at.sdk.untagResource({ SecretId: NAME, TagKeys: ['A'] })
    // Recorded on AWS: an empty list, where there were tags once.
    expect((await at.sdk.describeSecret({ SecretId: NAME })).Tags).toEqual([])
  })

  it('up to 50, none that begins with aws: ("Tag secrets")', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME })
    const Tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
    await at.sdk.tagResource({ SecretId: NAME, Tags })
    await refused(at.sdk.tagResource({ SecretId: NAME, Tags: [{ Key: 'one', Value: '' }] }), 'LimitExceededException')
    await refused(
      at.sdk.tagResource({ SecretId: NAME, Tags: [{ Key: 'aws:x', Value: '' }] }),
      'InvalidParameterException',
    )
    expect(Object.keys(at.fake.service.peek(NAME).tags)).toHaveLength(50)
  })
})

describe('a secret that another service owns', () => {
  it('refuses writes and is readable (service model, InvalidRequestException: managed by another service)', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one', token: token('one'), owningService: 'rds' })
    const SecretId = NAME
    const RotationLambdaARN = 'arn:aws:lambda:us-east-1:123456789012:function:f'
    const calls = [
      at.sdk.putSecretValue({ SecretId, SecretString: 'x' }),
      at.sdk.updateSecret({ SecretId, SecretString: 'x' }),
      at.sdk.updateSecretVersionStage({ SecretId, VersionStage: 'MINE', MoveToVersionId: token('one') }),
      at.sdk.deleteSecret({ SecretId }),
      at.sdk.rotateSecret({ SecretId, RotationLambdaARN }),
    ]
    for (const call of calls) await refused(call, 'InvalidRequestException')
    expect((await at.sdk.getSecretValue({ SecretId })).SecretString).toBe('one')
    // Seen on AWS (floci-io/floci pull request 2378): a schedule without a function is accepted.
    await at.sdk.rotateSecret({ SecretId, RotationRules: { AutomaticallyAfterDays: 7 } })
    expect(await at.sdk.describeSecret({ SecretId })).toMatchObject({ RotationEnabled: true })
  })
})

describe('the rest', () => {
  it('GetRandomPassword has the length asked for, each required type, nothing excluded', async () => {
    await using at = await stage()
    const { RandomPassword } = await at.sdk.getRandomPassword({})
    expect(RandomPassword).toHaveLength(32)
    for (const type of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(RandomPassword).toMatch(type)
    const plain = await at.sdk.getRandomPassword({ PasswordLength: 4, ExcludePunctuation: true, IncludeSpace: true })
    expect(plain.RandomPassword).toMatch(/^[a-zA-Z0-9 ]{4}$/)
    const narrow = { PasswordLength: 500, ExcludeCharacters: 'abc', ExcludeNumbers: true, ExcludePunctuation: true }
    expect((await at.sdk.getRandomPassword(narrow)).RandomPassword).toMatch(/^[d-zA-Z]{500}$/)
    await refused(at.sdk.getRandomPassword({ PasswordLength: 3 }), 'InvalidParameterException')
    await refused(at.sdk.getRandomPassword({ PasswordLength: 4097 }), 'ValidationException')
    await refused(at.sdk.getRandomPassword({ ExcludeCharacters: '0123456789' }), 'InvalidParameterException')
  })

  it('a resource policy is kept, and refused when it is not JSON', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME })
    const ResourcePolicy = '{"Version":"2012-10-17","Statement":[]}'
    await at.sdk.putResourcePolicy({ SecretId: NAME, ResourcePolicy })
    expect((await at.sdk.getResourcePolicy({ SecretId: NAME })).ResourcePolicy).toBe(ResourcePolicy)
    await at.sdk.deleteResourcePolicy({ SecretId: NAME })
    expect((await at.sdk.getResourcePolicy({ SecretId: NAME })).ResourcePolicy).toBeUndefined()
    const bad = at.sdk.putResourcePolicy({ SecretId: NAME, ResourcePolicy: '{' })
    await refused(bad, 'MalformedPolicyDocumentException')
  })
})
