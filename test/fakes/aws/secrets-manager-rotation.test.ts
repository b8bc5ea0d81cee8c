// The service's side of a rotation. Source: service model (RotateSecret, CancelRotateSecret, DescribeSecret, RotationRulesType,
// PutSecretValueRequest.RotationToken); User Guide, "Logging with CloudTrail" (RotationAbandoned); what AWS answered
// localstack's tests (test_rotate_secret_*).
import { describe, expect, it } from 'vitest'
import { DAY, labels, refused, type Stage, stage, token } from './secrets-manager/support.ts'
import type { RotationStart } from './secrets-manager.ts'

const NAME = 'prod/app/db'
const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'

async function secret(): Promise<Stage & { starts: RotationStart[] }> {
  const at = await stage()
  await at.sdk.createSecret({ Name: NAME, SecretString: 'one', ClientRequestToken: token('one') })
  const starts: RotationStart[] = []
  at.fake.service.onRotate(start => starts.push(start))
  return Object.assign(at, { starts })
}

const rotate = (at: Stage, more: object = {}) =>
  at.sdk.rotateSecret({
    SecretId: NAME,
    ClientRequestToken: token('two'),
    RotationLambdaARN: LAMBDA,
    RotationRules: { AutomaticallyAfterDays: 30 },
    ...more,
  })

const fill = (at: Stage, value = 'two', more: object = {}) =>
  at.sdk.putSecretValue({
    SecretId: NAME,
    SecretString: value,
    ClientRequestToken: token('two'),
    VersionStages: ['AWSPENDING'],
    ...more,
  })

const promote = (at: Stage) =>
  at.sdk.updateSecretVersionStage({
    SecretId: NAME,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: token('two'),
    RemoveFromVersionId: token('one'),
  })

describe('the beginning', () => {
  it('labels an empty version: Describe shows it, GetSecretValue does not find it, a put with the token fills it', async () => {
    await using at = await secret()
    expect(await rotate(at)).toMatchObject({ Name: NAME, VersionId: token('two') })
    const { ARN } = await at.sdk.describeSecret({ SecretId: NAME })
    expect(at.starts).toEqual([
      {
        arn: ARN,
        region: 'us-east-1',
        token: token('two'),
        rotationToken: expect.any(String),
        test: false,
        lambdaArn: LAMBDA,
      },
    ])
    expect(at.starts[0]!.rotationToken).toMatch(/^[a-zA-Z0-9-]{36,256}$/)
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one'), AWSPENDING: token('two') })
    const { Versions } = await at.sdk.listSecretVersionIds({ SecretId: NAME })
    expect(Versions!.map(each => each.VersionId)).toEqual([token('one'), token('two')])
    for (const which of [{ VersionId: token('two') }, { VersionStage: 'AWSPENDING' }]) {
      const read = at.sdk.getSecretValue({ SecretId: NAME, VersionStage: 'AWSPENDING', ...which })
      await refused(read, 'ResourceNotFoundException')
    }
    await fill(at)
    const filled = { SecretId: NAME, VersionId: token('two'), VersionStage: 'AWSPENDING' }
    expect((await at.sdk.getSecretValue(filled)).SecretString).toBe('two')
    await fill(at)
    await refused(fill(at, 'other'), 'ResourceExistsException')
    expect(at.fake.service.isAbandoned(token('two'))).toBe(false)
  })

  it('keeps function and schedule for later calls, and shows them', async () => {
    await using at = await secret()
    await rotate(at)
    expect(await at.sdk.describeSecret({ SecretId: NAME })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: LAMBDA,
      RotationRules: { AutomaticallyAfterDays: 30 },
    })
    await fill(at)
    await promote(at)
    at.fake.service.endRotation(NAME, token('two'), 'succeeded')
    await at.sdk.rotateSecret({ SecretId: NAME, ClientRequestToken: token('three') })
    expect(at.starts[1]).toMatchObject({ token: token('three'), lambdaArn: LAMBDA })
    const { SecretList } = await at.sdk.listSecrets({})
    expect(SecretList![0]).toMatchObject({ RotationEnabled: true, RotationLambdaARN: LAMBDA })
  })

  it('is refused without a function, changing nothing', async () => {
    await using at = await secret()
    await refused(at.sdk.rotateSecret({ SecretId: NAME }), 'InvalidRequestException')
    at.fake.service.forbidFunction(LAMBDA)
    expect((await refused(rotate(at), 'AccessDeniedException')).message).toContain('cannot invoke the specified Lambda')
    const described = await at.sdk.describeSecret({ SecretId: NAME })
    expect(described.RotationEnabled).toBeUndefined()
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one') })
    expect(at.starts).toEqual([])
  })

  it('needs lambda:InvokeFunction on the function', async () => {
    await using at = await secret()
    at.fake.permissions.grant('starter', ['secretsmanager:RotateSecret'])
    const call = at.open({ key: 'starter' }).rotateSecret({ SecretId: NAME, RotationLambdaARN: LAMBDA })
    expect((await refused(call, 'AccessDeniedException')).message).toContain(
      `lambda:InvokeFunction on resource: ${LAMBDA}`,
    )
  })

  it('is refused while AWSPENDING sits on a version that is not current; the same token may repeat', async () => {
    await using at = await secret()
    await rotate(at)
    const error = await refused(rotate(at, { ClientRequestToken: token('three') }), 'InvalidRequestException')
    expect(error.message).toBe("A previous rotation isn't complete. That rotation will be reattempted.")
    const first = at.starts[0]!
    await rotate(at)
    expect(at.starts[1]!.rotationToken).toBe(first.rotationToken)
    await fill(at)
    await promote(at)
    at.fake.service.endRotation(NAME, token('two'), 'succeeded')
    await rotate(at, { ClientRequestToken: token('three') })
  })

  it('a stray AWSPENDING of anyone blocks, until it is taken away', async () => {
    await using at = await secret()
    await fill(at)
    await refused(rotate(at, { ClientRequestToken: token('three') }), 'InvalidRequestException')
    const stray = { SecretId: NAME, VersionStage: 'AWSPENDING', RemoveFromVersionId: token('two') }
    await at.sdk.updateSecretVersionStage(stray)
    await rotate(at, { ClientRequestToken: token('three') })
  })

  it('checks the schedule (RotationRulesType)', async () => {
    await using at = await secret()
    const bad = [
      { AutomaticallyAfterDays: 1001 },
      { AutomaticallyAfterDays: 0 },
      { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' },
      { ScheduleExpression: 'rate(3 hours)' },
      { ScheduleExpression: 'cron(30 8 * * ? *)' },
      { ScheduleExpression: 'rate(4 hours)', Duration: '3d' },
    ]
    for (const RotationRules of bad) {
      await expect(rotate(at, { RotationRules })).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } })
    }
    await rotate(at, { RotationRules: { ScheduleExpression: 'cron(0 8 * * ? *)', Duration: '3h' } })
  })
})

describe('the end', () => {
  it('success: AWSPENDING stays on the current version (recorded), dates are set', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    await promote(at)
    at.pass(60_000)
    at.fake.service.endRotation(NAME, token('two'), 'succeeded')
    expect(await labels(at.sdk, NAME)).toEqual({
      AWSCURRENT: token('two'),
      AWSPENDING: token('two'),
      AWSPREVIOUS: token('one'),
    })
    const { LastRotatedDate, NextRotationDate } = await at.sdk.describeSecret({ SecretId: NAME })
    expect(LastRotatedDate).toEqual(new Date(Date.UTC(2026, 0, 5, 10, 1)))
    expect(NextRotationDate!.getTime() - LastRotatedDate!.getTime()).toBeGreaterThan(30 * DAY)
    expect(NextRotationDate!.getTime() - LastRotatedDate!.getTime()).toBeLessThan(31 * DAY)
    expect(at.fake.service.events.map(each => each.name)).toEqual(['RotationStarted', 'RotationSucceeded'])
  })

  it('or on none: the service may take it away', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    await promote(at)
    at.fake.service.endRotation(NAME, token('two'), 'succeeded', { cleanPending: true })
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('two'), AWSPREVIOUS: token('one') })
  })

  it('failure leaves AWSPENDING, on an empty version too; later rotations are refused', async () => {
    await using at = await secret()
    await rotate(at)
    at.fake.service.endRotation(NAME, token('two'), 'failed')
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBe(token('two'))
    await refused(rotate(at, { ClientRequestToken: token('three') }), 'InvalidRequestException')
    expect((await at.sdk.describeSecret({ SecretId: NAME })).LastRotatedDate).toBeUndefined()
    const retry = at.fake.service.beginRotation(NAME, token('two'))
    expect(retry.rotationToken).toBe(at.starts[0]!.rotationToken)
  })

  it('CancelRotateSecret turns rotation off, answers the version and leaves AWSPENDING', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    expect(await at.sdk.cancelRotateSecret({ SecretId: NAME })).toMatchObject({ Name: NAME, VersionId: token('two') })
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBe(token('two'))
    const described = await at.sdk.describeSecret({ SecretId: NAME })
    expect(described).toMatchObject({ RotationEnabled: false, RotationLambdaARN: LAMBDA })
    expect(described.NextRotationDate).toBeUndefined()
    expect((await at.sdk.cancelRotateSecret({ SecretId: NAME })).VersionId).toBeUndefined()
  })
})

describe('RotateImmediately=false', () => {
  it('begins only a test; its version is removed again and nothing counts as rotated', async () => {
    await using at = await secret()
    await rotate(at, { RotateImmediately: false })
    expect(at.starts).toMatchObject([{ test: true, token: token('two') }])
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBe(token('two'))
    at.fake.service.endRotation(NAME, token('two'), 'succeeded')
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one') })
    expect(at.fake.service.peek(NAME).versions.has(token('two'))).toBe(false)
    const described = await at.sdk.describeSecret({ SecretId: NAME })
    expect(described).toMatchObject({ RotationEnabled: true, NextRotationDate: expect.any(Date) })
    expect(described.LastRotatedDate).toBeUndefined()
    expect(at.fake.service.events.map(each => each.name)).toEqual(['TestRotationStarted', 'TestRotationSucceeded'])
  })

  it('a failed test removes its version too', async () => {
    await using at = await secret()
    await rotate(at, { RotateImmediately: false })
    at.fake.service.endRotation(NAME, token('two'), 'failed')
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one') })
  })
})

describe('a version that is not the rotation’s', () => {
  const foreign: [string, (at: Stage) => Promise<unknown>][] = [
    ['PutSecretValue', at => at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'person' })],
    ['UpdateSecret', at => at.sdk.updateSecret({ SecretId: NAME, SecretString: 'person' })],
    [
      'PutSecretValue under a custom label only',
      at => at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'person', VersionStages: ['MINE'] }),
    ],
  ]
  it.each(foreign)('%s abandons the rotation: AWSPENDING goes, the event is recorded', async (_, write) => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    await write(at)
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBeUndefined()
    expect(at.fake.service.isAbandoned(token('two'))).toBe(true)
    expect(at.fake.service.events.at(-1)).toMatchObject({ name: 'RotationAbandoned', token: token('two') })
    await rotate(at, { ClientRequestToken: token('three') })
  })

  it('a label of one’s own keeps the abandoned version from deprecation', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at, 'two', { VersionStages: ['AWSPENDING', 'MINE'] })
    at.fake.service.putAsPerson(NAME, 'person')
    const all = await labels(at.sdk, NAME)
    expect(all).toMatchObject({ MINE: token('two'), AWSPREVIOUS: token('one') })
    expect(all.AWSPENDING).toBeUndefined()
  })

  it('abandons a failed rotation too (assumed: it would be attempted again); not a finished or cancelled one', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    at.fake.service.endRotation(NAME, token('two'), 'failed')
    at.fake.service.putAsPerson(NAME, 'person')
    expect(at.fake.service.isAbandoned(token('two'))).toBe(true)
    await rotate(at, { ClientRequestToken: token('three') })
    await at.sdk.cancelRotateSecret({ SecretId: NAME })
    at.fake.service.putAsPerson(NAME, 'another')
    expect(at.fake.service.isAbandoned(token('three'))).toBe(false)
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBe(token('three'))
  })

  it('metadata, tags, labels and the rotation’s own put abandon nothing', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at)
    await at.sdk.updateSecret({ SecretId: NAME, Description: 'x' })
    await at.sdk.tagResource({ SecretId: NAME, Tags: [{ Key: 'a', Value: 'b' }] })
    await at.sdk.updateSecretVersionStage({ SecretId: NAME, VersionStage: 'MINE', MoveToVersionId: token('one') })
    await at.sdk.putSecretValue({ SecretId: NAME, SecretString: 'one', ClientRequestToken: token('one') })
    expect(at.fake.service.isAbandoned(token('two'))).toBe(false)
    expect((await labels(at.sdk, NAME)).AWSPENDING).toBe(token('two'))
  })
})

describe('RotationToken', () => {
  it('must match where the function runs under another identity', async () => {
    await using at = await secret()
    at.fake.service.requireRotationToken(NAME)
    await rotate(at)
    const { rotationToken } = at.starts[0]!
    await refused(fill(at), 'AccessDeniedException')
    await refused(fill(at, 'two', { RotationToken: 'x'.repeat(36) }), 'AccessDeniedException')
    await refused(fill(at, 'two', { RotationToken: 'short' }), 'ValidationException')
    await fill(at, 'two', { RotationToken: rotationToken })
  })

  it('is ignored elsewhere', async () => {
    await using at = await secret()
    await rotate(at)
    await fill(at, 'two', { RotationToken: 'x'.repeat(36) })
  })
})
