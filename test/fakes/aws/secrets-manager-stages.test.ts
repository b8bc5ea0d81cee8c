// UpdateSecretVersionStage. Source: the service model's text of the operation and of its request; the error texts in
// floci-io/floci pull request 3247, which quotes AWS.
import { InvalidParameterException } from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { labels, refused, type Stage, stage, token } from './secrets-manager/support.ts'

const NAME = 'prod/app/db'

/** Versions `one` (current) and `two` (AWSPENDING). */
async function pending(): Promise<Stage> {
  const at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  await at.sdk.putSecretValue({
    SecretId: NAME,
    SecretString: 'two',
    ClientRequestToken: token('two'),
    VersionStages: ['AWSPENDING'],
  })
  return at
}

const move = (at: Stage, VersionStage: string, to?: string, from?: string) =>
  at.sdk.updateSecretVersionStage({
    SecretId: NAME,
    VersionStage,
    ...(to !== undefined && { MoveToVersionId: token(to) }),
    ...(from !== undefined && { RemoveFromVersionId: token(from) }),
  })

it('moves AWSCURRENT when the holder is named; AWSPREVIOUS follows, AWSPENDING stays', async () => {
  await using at = await pending()
  const { ARN } = await at.sdk.describeSecret({ SecretId: NAME })
  at.pass(1000)
  expect(await move(at, 'AWSCURRENT', 'two', 'one')).toMatchObject({ ARN, Name: NAME })
  expect(await labels(at.sdk, NAME)).toEqual({
    AWSCURRENT: token('two'),
    AWSPENDING: token('two'),
    AWSPREVIOUS: token('one'),
  })
  expect(await at.sdk.getSecretValue({ SecretId: NAME })).toMatchObject({ SecretString: 'two' })
  const { LastChangedDate, CreatedDate } = await at.sdk.describeSecret({ SecretId: NAME })
  expect(LastChangedDate!.getTime() - CreatedDate!.getTime()).toBe(1000)
})

it('refuses to take a label from a holder that is not named', async () => {
  await using at = await pending()
  const error = await refused(move(at, 'AWSCURRENT', 'two'), 'InvalidParameterException')
  expect(error).toBeInstanceOf(InvalidParameterException)
  expect(error.message).toMatch(`Staging label AWSCURRENT is currently attached to version ${token('one')}`)
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('two') })
})

it('refuses when another version than the holder is named, and changes nothing', async () => {
  await using at = await pending()
  await refused(move(at, 'AWSCURRENT', 'two', 'two'), 'InvalidParameterException')
  await refused(move(at, 'AWSCURRENT', 'two', 'never'), 'InvalidParameterException')
  await refused(move(at, 'AWSPENDING', 'one', 'one'), 'InvalidParameterException')
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('two') })
})

it('is a compare-and-set: of two that saw the same holder one wins', async () => {
  await using at = await pending()
  const VersionStages = ['OTHER']
  const third = { SecretId: NAME, SecretString: 'three', ClientRequestToken: token('three'), VersionStages }
  await at.sdk.putSecretValue(third)
  const outcomes = await Promise.allSettled([
    move(at, 'AWSCURRENT', 'two', 'one'),
    move(at, 'AWSCURRENT', 'three', 'one'),
  ])
  expect(outcomes.map(each => each.status).sort()).toEqual(['fulfilled', 'rejected'])
})

it('attaches a label that no version holds, without RemoveFromVersionId; labels add up', async () => {
  await using at = await pending()
  await move(at, 'MINE', 'two')
  const { VersionIdsToStages } = await at.sdk.describeSecret({ SecretId: NAME })
  expect(VersionIdsToStages).toEqual({ [token('one')]: ['AWSCURRENT'], [token('two')]: ['AWSPENDING', 'MINE'] })
})

it('with RemoveFromVersionId and no holder: refused (undocumented; assumed here)', async () => {
  await using at = await pending()
  await refused(move(at, 'MINE', 'two', 'one'), 'InvalidParameterException')
  expect((await labels(at.sdk, NAME)).MINE).toBeUndefined()
})

it('attaching again to the version that holds it succeeds and changes nothing', async () => {
  await using at = await pending()
  await move(at, 'AWSPENDING', 'two')
  await move(at, 'AWSPENDING', 'two', 'two')
  await move(at, 'AWSCURRENT', 'one', 'one')
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('two') })
})

it('the repeat of a promotion whose answer was lost is refused: the named version holds it no more (assumed)', async () => {
  await using at = await pending()
  await move(at, 'AWSCURRENT', 'two', 'one')
  await refused(move(at, 'AWSCURRENT', 'two', 'one'), 'InvalidParameterException')
  expect((await labels(at.sdk, NAME)).AWSCURRENT).toBe(token('two'))
})

it('an unknown MoveToVersionId changes nothing', async () => {
  await using at = await pending()
  await refused(move(at, 'AWSCURRENT', 'never', 'one'), 'ResourceNotFoundException')
  await refused(move(at, 'MINE', 'never'), 'ResourceNotFoundException')
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('two') })
})

it('moving AWSCURRENT back makes the version that it leaves AWSPREVIOUS', async () => {
  await using at = await pending()
  await move(at, 'AWSCURRENT', 'two', 'one')
  await move(at, 'AWSCURRENT', 'one', 'two')
  expect(await labels(at.sdk, NAME)).toEqual({
    AWSCURRENT: token('one'),
    AWSPENDING: token('two'),
    AWSPREVIOUS: token('two'),
  })
})

it('takes AWSPREVIOUS from the version before the last', async () => {
  await using at = await pending()
  await move(at, 'AWSCURRENT', 'two', 'one')
  await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'three', ClientRequestToken: token('three') })
  expect(await labels(at.sdk, NAME)).toMatchObject({ AWSCURRENT: token('three'), AWSPREVIOUS: token('two') })
})

it('removes a label without MoveToVersionId; the holder must be named', async () => {
  await using at = await pending()
  await refused(move(at, 'AWSPENDING'), 'InvalidParameterException')
  await refused(move(at, 'AWSPENDING', undefined, 'one'), 'InvalidParameterException')
  await move(at, 'AWSPENDING', undefined, 'two')
  expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one') })
  await refused(move(at, 'AWSPENDING', undefined, 'two'), 'InvalidParameterException')
})

it('never takes AWSCURRENT away altogether (hashicorp/terraform-provider-aws, secret_version deletion)', async () => {
  await using at = await pending()
  await refused(move(at, 'AWSCURRENT', undefined, 'one'), 'InvalidParameterException')
  expect((await labels(at.sdk, NAME)).AWSCURRENT).toBe(token('one'))
})

it('a secret that is not there', async () => {
  await using at = await stage()
  await refused(move(at, 'MINE', 'one'), 'ResourceNotFoundException')
})

it('LimitExceededException beyond 20 labels over all versions of a secret (User Guide, quotas)', async () => {
  await using at = await pending()
  for (let index = 0; index < 18; index++) await move(at, `L${index}`, index % 2 ? 'one' : 'two')
  await refused(move(at, 'L18', 'one'), 'LimitExceededException')
  await refused(
    at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'x', VersionStages: ['L18'] }),
    'LimitExceededException',
  )
  expect(Object.keys(await labels(at.sdk, NAME))).toHaveLength(20)
  expect(at.fake.service.peek(NAME).versions.size).toBe(2)
  await move(at, 'L0', 'one', 'two')
})
