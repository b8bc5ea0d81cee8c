// PutSecretValue, over HTTP with the real SDK. Source of each rule: the service model's text of that operation or shape.
import { ResourceExistsException } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { labels, refused, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'
const put = (id: string, SecretString: string, VersionStages?: string[]) => ({
  SecretId: NAME,
  ClientRequestToken: token(id),
  SecretString,
  ...(VersionStages && { VersionStages }),
})

describe('PutSecretValue: labels', () => {
  it('moves AWSCURRENT without VersionStages, and AWSPREVIOUS to the version that it left', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    at.pass(1000)
    const answer = await at.sdk.putSecretValue(put('two', 'two'))
    const { LastChangedDate, CreatedDate } = await at.sdk.describeSecret({ SecretId: NAME })
    expect(LastChangedDate!.getTime() - CreatedDate!.getTime()).toBe(1000)
    expect(answer).toMatchObject({ VersionId: token('two'), VersionStages: ['AWSCURRENT'], Name: NAME })
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('two'), AWSPREVIOUS: token('one') })
    await at.sdk.putSecretValue(put('three', 'three'))
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('three'), AWSPREVIOUS: token('two') })
  })

  it('attaches only the labels given: AWSCURRENT stays', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue(put('two', 'two', ['AWSPENDING', 'MINE']))
    expect(await labels(at.sdk, NAME)).toEqual({
      AWSCURRENT: token('one'),
      AWSPENDING: token('two'),
      MINE: token('two'),
    })
    expect(await at.sdk.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'one' })
  })

  it('steals a label from the version that holds it', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue(put('two', 'two', ['AWSPENDING', 'KEPT']))
    await at.sdk.putSecretValue(put('three', 'three', ['AWSPENDING']))
    expect(await labels(at.sdk, NAME)).toEqual({
      AWSCURRENT: token('one'),
      AWSPENDING: token('three'),
      KEPT: token('two'),
    })
  })

  it('with AWSCURRENT among the labels, AWSPREVIOUS follows', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue(put('two', 'two', ['AWSCURRENT', 'MINE']))
    expect(await labels(at.sdk, NAME)).toEqual({
      AWSCURRENT: token('two'),
      MINE: token('two'),
      AWSPREVIOUS: token('one'),
    })
  })

  it('gives the first version AWSCURRENT whatever was asked for', async () => {
    await using at = await stage()
    const created = await at.sdk.createSecret({ Name: NAME })
    expect(created.VersionId).toBeUndefined()
    expect((await at.sdk.describeSecret({ SecretId: NAME })).VersionIdsToStages).toBeUndefined()
    const answer = await at.sdk.putSecretValue(put('one', 'one', ['AWSPENDING']))
    expect(answer.VersionStages).toEqual(['AWSCURRENT', 'AWSPENDING'])
  })
})

describe('PutSecretValue: ClientRequestToken', () => {
  it('the same token with the same data succeeds, makes no version and re-attaches nothing', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue(put('two', 'two', ['AWSPENDING']))
    await at.sdk.putSecretValue(put('three', 'three', ['AWSPENDING']))
    const before = (await at.sdk.describeSecret({ SecretId: NAME })).LastChangedDate
    at.pass(1000)
    const again = await at.sdk.putSecretValue(put('two', 'two', ['AWSPENDING']))
    expect(again).toMatchObject({ VersionId: token('two') })
    expect(again.VersionStages ?? []).toEqual([])
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('three') })
    expect((await at.sdk.describeSecret({ SecretId: NAME })).LastChangedDate).toEqual(before)
    await at.sdk.putSecretValue(put('one', 'one'))
    expect((await labels(at.sdk, NAME)).AWSCURRENT).toBe(token('one'))
    expect(at.fake.service.peek(NAME).versions.size).toBe(3)
  })

  it('the same token with other data fails and changes nothing', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    await at.sdk.putSecretValue(put('two', 'two', ['AWSPENDING']))
    const error = await refused(at.sdk.putSecretValue(put('two', 'other', ['MINE'])), 'ResourceExistsException')
    expect(error).toBeInstanceOf(ResourceExistsException)
    const binary = { SecretId: NAME, ClientRequestToken: token('two'), SecretBinary: Buffer.from('two') }
    await refused(at.sdk.putSecretValue(binary), 'ResourceExistsException')
    expect(at.fake.service.peek(NAME).versions.get(token('two'))).toMatchObject({
      value: 'two',
      stages: ['AWSPENDING'],
    })
  })

  it('becomes the version id; 32 to 64 characters', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    for (const length of [31, 65]) {
      const input = { SecretId: NAME, SecretString: 'x', ClientRequestToken: 't'.repeat(length) }
      await refused(at.sdk.putSecretValue(input), 'InvalidParameterException')
    }
    for (const length of [32, 64]) {
      const ClientRequestToken = 't'.repeat(length)
      const answer = await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'x', ClientRequestToken })
      expect(answer.VersionId).toBe(ClientRequestToken)
    }
  })

  it('is made up by the SDK where it is left out; without it the service refuses (recorded on AWS)', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    const { VersionId } = await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'two' })
    expect(VersionId).toMatch(/^[0-9a-f-]{36}$/)
    const raw = async (op: string) => {
      const body = JSON.stringify({ SecretId: NAME, Name: 'other', SecretString: 'x', RotationLambdaARN: 'arn' })
      const answer = await at.fake.handle({ target: `secretsmanager.${op}`, body, accessKeyId: 'test' })
      return [answer.status, (JSON.parse(answer.body) as { __type: string }).__type]
    }
    for (const op of ['CreateSecret', 'UpdateSecret', 'PutSecretValue']) {
      expect(await raw(op)).toEqual([400, 'InvalidRequestException'])
    }
    expect(await raw('RotateSecret')).toEqual([400, 'InvalidParameterException'])
  })
})

describe('PutSecretValue: value (shapes SecretStringType, SecretBinaryType, SecretVersionStagesType)', () => {
  it('has 1 to 65,536 bytes', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'x'.repeat(65_536) })
    const put = (SecretString: string) => at.sdk.putSecretValue({ SecretId: NAME, SecretString })
    await refused(put('x'.repeat(65_537)), 'ValidationException')
    await refused(put('é'.repeat(32_769)), 'ValidationException')
    await refused(put(''), 'ValidationException')
    await put('é'.repeat(32_768))
    await at.sdk.putSecretValue({ SecretId: NAME, SecretBinary: Buffer.alloc(65_536, 7) })
    await refused(at.sdk.putSecretValue({ SecretId: NAME, SecretBinary: Buffer.alloc(65_537) }), 'ValidationException')
    const { SecretBinary, SecretString } = await at.sdk.getSecretValue({ SecretId: NAME })
    expect(SecretBinary?.length).toBe(65_536)
    expect(SecretString).toBeUndefined()
  })

  it('is text or binary, not both, not neither', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    const both = { SecretId: NAME, SecretString: 'x', SecretBinary: Buffer.from('x') }
    await refused(at.sdk.putSecretValue(both), 'InvalidParameterException')
    await refused(at.sdk.putSecretValue({ SecretId: NAME }), 'InvalidRequestException')
  })

  it('carries 1 to 20 labels of up to 256 characters', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    const put = (VersionStages: string[]) => at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'x', VersionStages })
    await refused(put([]), 'ValidationException')
    await refused(put(['x'.repeat(257)]), 'ValidationException')
    await refused(put(Array.from({ length: 21 }, (_, index) => `L${index}`)), 'ValidationException')
    await put(['x'.repeat(256)])
  })
})
