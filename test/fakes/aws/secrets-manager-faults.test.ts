// The knobs: faults, stale reads, permissions, keys, the log of calls. Sources are beside the tests that follow the service.
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { labels, refused, stage, token } from './secrets-manager/support.ts'
import { createSecretsManager } from './secrets-manager.ts'

const NAME = 'prod/app/db'
const put = (SecretString: string, name = SecretString) => ({
  SecretId: NAME,
  SecretString,
  ClientRequestToken: token(name),
})

describe('faults', () => {
  it('a lost answer: applied, nothing answered; the SDK’s own retry carries the same token', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.next('PutSecretValue', 'lost-answer')
    await expect(at.sdk.putSecretValue(put('two'))).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(at.fake.service.peek(NAME).versions.get(token('two'))?.value).toBe('two')
    at.fake.faults.next('PutSecretValue', 'lost-answer')
    at.fake.calls.reset()
    const retrying = at.open({ attempts: 3 })
    const { VersionId } = await retrying.putSecretValue({ SecretId: NAME, SecretString: 'three' })
    expect(at.fake.calls.list.map(call => [call.op, call.error])).toEqual([
      ['PutSecretValue', 'lost'],
      ['PutSecretValue', undefined],
    ])
    expect(at.fake.service.peek(NAME).versions.size).toBe(3)
    expect((await labels(at.sdk, NAME)).AWSCURRENT).toBe(VersionId)
  })

  it('a reset: not applied', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.next('*', 'reset')
    await expect(at.sdk.putSecretValue(put('two'))).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(at.fake.service.peek(NAME).versions.size).toBe(1)
    await at.sdk.putSecretValue(put('two'))
  })

  it('throttling is ThrottlingException with 400; the SDK tries three times (API reference, "Common Errors")', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.next('GetSecretValue', 'throttle', 2)
    expect((await at.open({ attempts: 3 }).getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
    expect(at.fake.calls.count('GetSecretValue')).toBe(3)
    const end = at.fake.faults.every('*', 'throttle')
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'ThrottlingException')
    end()
    await at.sdk.getSecretValue({ SecretId: NAME })
  })

  it('any error of the service; InternalServiceError is 500', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.next('GetSecretValue', 'error:InternalServiceError')
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'InternalServiceError', 500)
    at.fake.faults.next('PutSecretValue', 'error:LimitExceededException')
    await refused(at.sdk.putSecretValue(put('two')), 'LimitExceededException')
    expect(at.fake.service.peek(NAME).versions.size).toBe(1)
  })

  it('every nth request, and in the order planned', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.every('GetSecretValue', 'throttle', 3)
    const outcomes: boolean[] = []
    for (let index = 0; index < 6; index++) {
      outcomes.push(
        await at.sdk.getSecretValue({ SecretId: NAME }).then(
          () => true,
          () => false,
        ),
      )
    }
    expect(outcomes).toEqual([true, true, false, true, true, false])
    at.fake.faults.clear()
    at.fake.faults.next('*', 'error:First')
    at.fake.faults.next('*', 'error:Second')
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'First')
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'Second')
  })

  it('latency passes through the injected sleep', async () => {
    const slept: number[] = []
    const fake = createSecretsManager({ sleep: async ms => void slept.push(ms) })
    fake.service.createSecret({ name: NAME, value: 'one' })
    fake.faults.every('*', { latencyMs: 5 })
    fake.faults.next('GetSecretValue', 'throttle')
    const client = fake.inProcessClient({ maxAttempts: 1 })
    await refused(client.send(new GetSecretValueCommand({ SecretId: NAME })), 'ThrottlingException')
    await client.send(new GetSecretValueCommand({ SecretId: NAME }))
    expect(slept).toEqual([5, 5])
  })

  it('credentials that expire, for one call or for good', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.faults.next('*', 'expired-token')
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'ExpiredTokenException')
    at.fake.permissions.expire('old')
    const old = at.open({ key: 'old' })
    for (let index = 0; index < 2; index++)
      await refused(old.getSecretValue({ SecretId: NAME }), 'ExpiredTokenException')
    await at.sdk.getSecretValue({ SecretId: NAME })
  })
})

describe('eventual consistency ("All Secrets Manager operations are eventually consistent", ListSecrets)', () => {
  it('by time: reads see what was so long ago, writes see what is', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one', token: token('one') })
    at.pass(10_000)
    await at.sdk.putSecretValue({ ...put('two'), VersionStages: ['AWSPENDING'] })
    at.fake.faults.stale({ ms: 5000 })
    const pending = { SecretId: NAME, VersionId: token('two') }
    await refused(at.sdk.getSecretValue(pending), 'ResourceNotFoundException')
    expect(await labels(at.sdk, NAME)).toEqual({ AWSCURRENT: token('one') })
    await at.sdk.updateSecretVersionStage({ SecretId: NAME, VersionStage: 'MINE', MoveToVersionId: token('two') })
    at.pass(5000)
    expect((await at.sdk.getSecretValue(pending)).SecretString).toBe('two')
    expect(await labels(at.sdk, NAME)).toMatchObject({ MINE: token('two') })
  })

  it('by reads: the next n see the state before the last write; of chosen operations only', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one' })
    await at.sdk.putSecretValue(put('two'))
    at.fake.faults.stale({ reads: 2 }, ['GetSecretValue'])
    const values: (string | undefined)[] = []
    for (let index = 0; index < 3; index++) {
      values.push((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString)
      expect((await labels(at.sdk, NAME)).AWSCURRENT).toBe(token('two'))
    }
    expect(values).toEqual(['one', 'one', 'two'])
    at.fake.faults.stale({ reads: 1 })
    await at.sdk.putSecretValue(put('three'))
    expect((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString).toBe('two')
    expect((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString).toBe('three')
  })

  it('a new secret is not seen at first', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    at.fake.faults.stale({ ms: 1000 })
    await refused(at.sdk.describeSecret({ SecretId: NAME }), 'ResourceNotFoundException')
    expect((await at.sdk.listSecrets({})).SecretList).toEqual([])
    at.pass(1000)
    expect((await at.sdk.listSecrets({})).SecretList).toHaveLength(1)
  })
})

describe('permissions (IAM User Guide, "Access denied error messages")', () => {
  it('denies what is not granted, naming user, action and resource', async () => {
    await using at = await stage()
    const { arn } = at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.permissions.grant('app', ['secretsmanager:Get*'], ['arn:aws:secretsmanager:*:*:secret:prod/*'])
    const app = at.open({ key: 'app' })
    expect((await app.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
    const { message } = await refused(app.putSecretValue(put('two')), 'AccessDeniedException')
    expect(message).toBe(
      `User: arn:aws:sts::123456789012:assumed-role/app/session is not authorized to perform: secretsmanager:PutSecretValue on resource: ${arn} because no identity-based policy allows the secretsmanager:PutSecretValue action`,
    )
    expect(at.fake.service.peek(NAME).versions.size).toBe(1)
  })

  it('comes before the question whether the secret exists; then what was sent is named', async () => {
    await using at = await stage()
    at.fake.permissions.grant('app', ['secretsmanager:GetSecretValue'], ['arn:aws:secretsmanager:*:*:secret:prod/*'])
    const { message } = await refused(
      at.open({ key: 'app' }).getSecretValue({ SecretId: 'none' }),
      'AccessDeniedException',
    )
    expect(message).toContain('on resource: none because')
  })

  it('an explicit deny outweighs a grant; ? is one character; actions have no case', async () => {
    await using at = await stage()
    const { arn } = at.fake.service.createSecret({ name: NAME, value: 'one' })
    at.fake.permissions.grant('app', ['SECRETSMANAGER:getsecretvalue', 'DescribeSecret'], [`${arn.slice(0, -6)}??????`])
    at.fake.permissions.denyAction('app', 'secretsmanager:DescribeSecret')
    at.fake.permissions.identify('app', 'arn:aws:iam::123456789012:user/app')
    const app = at.open({ key: 'app' })
    await app.getSecretValue({ SecretId: NAME })
    at.fake.permissions.grant('dot', ['*'], ['*secret:prod.app*'])
    await refused(at.open({ key: 'dot' }).describeSecret({ SecretId: NAME }), 'AccessDeniedException')
    const { message } = await refused(app.describeSecret({ SecretId: NAME }), 'AccessDeniedException')
    expect(message).toMatch(
      /^User: arn:aws:iam::123456789012:user\/app is not authorized .* with an explicit deny in an/,
    )
    at.fake.permissions.reset('app')
    await app.describeSecret({ SecretId: NAME })
  })

  it('operations without a secret name no resource', async () => {
    await using at = await stage()
    at.fake.permissions.grant('app', ['secretsmanager:GetSecretValue'])
    const { message } = await refused(at.open({ key: 'app' }).listSecrets({}), 'AccessDeniedException')
    expect(message).toMatch(/secretsmanager:ListSecrets because no identity-based policy/)
  })
})

describe('KMS keys (service model, DecryptionFailure and EncryptionFailure)', () => {
  const KEY = 'arn:aws:kms:us-east-1:123456789012:key/k'

  it('a disabled key fails reads and writes of its versions', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one', kmsKeyId: KEY })
    at.fake.service.kms.disable(KEY)
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'DecryptionFailure')
    await refused(at.sdk.putSecretValue(put('two')), 'EncryptionFailure')
    expect((await at.sdk.describeSecret({ SecretId: NAME })).KmsKeyId).toBe(KEY)
    at.fake.service.kms.enable(KEY)
    expect((await at.sdk.getSecretValue({ SecretId: NAME })).SecretString).toBe('one')
  })

  it('without kms:Decrypt or kms:GenerateDataKey: AccessDeniedException (aws-secrets-manager-rotation-lambdas issue 53)', async () => {
    await using at = await stage()
    at.fake.service.createSecret({ name: NAME, value: 'one', kmsKeyId: KEY })
    at.fake.service.createSecret({ name: 'plain', value: 'one' })
    at.fake.permissions.grant('app', ['secretsmanager:*'])
    const app = at.open({ key: 'app' })
    const { message } = await refused(app.getSecretValue({ SecretId: NAME }), 'AccessDeniedException')
    expect(message).toBe('Access to KMS is not allowed')
    await app.getSecretValue({ SecretId: 'plain' })
    at.fake.permissions.grant('app', ['kms:Decrypt'], [KEY])
    await app.getSecretValue({ SecretId: NAME })
    await refused(app.putSecretValue(put('two')), 'AccessDeniedException')
    at.fake.service.kms.deny(KEY)
    await refused(at.sdk.getSecretValue({ SecretId: NAME }), 'AccessDeniedException')
  })
})

describe('the fake itself', () => {
  it('logs every request with its key, secret and outcome', async () => {
    await using at = await stage()
    await at.sdk.createSecret({ Name: NAME, SecretString: 'one' })
    await refused(at.open({ key: 'app' }).getSecretValue({ SecretId: 'none' }), 'ResourceNotFoundException')
    const time = Date.UTC(2026, 0, 5, 10)
    expect(at.fake.calls.list).toEqual([
      { op: 'CreateSecret', region: 'us-east-1', secretId: NAME, accessKeyId: 'test', at: time },
      {
        op: 'GetSecretValue',
        region: 'us-east-1',
        secretId: 'none',
        accessKeyId: 'app',
        at: time,
        error: 'ResourceNotFoundException',
      },
    ])
    expect([at.fake.calls.count(), at.fake.calls.count('CreateSecret')]).toEqual([2, 1])
    at.fake.calls.reset()
    expect(at.fake.calls.count()).toBe(0)
  })

  it('serves the same without sockets, to the real client, deterministically', async () => {
    const run = async (): Promise<unknown> => {
      let seed = 1
      const random = () => {
        seed = (seed * 16_807) % 2_147_483_647
        return seed / 2_147_483_647
      }
      const fake = createSecretsManager({ now: () => 1_000_000, random })
      const { arn } = fake.service.createSecret({ name: NAME, value: 'one' })
      const client = fake.inProcessClient({ maxAttempts: 1 })
      expect(client).toBeInstanceOf(SecretsManagerClient)
      fake.faults.next('PutSecretValue', 'lost-answer')
      await expect(client.send(new PutSecretValueCommand(put('two')))).rejects.toMatchObject({ code: 'ECONNRESET' })
      await client.send(new PutSecretValueCommand(put('two')))
      const { VersionId, SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }))
      return {
        arn,
        VersionId,
        SecretString,
        peek: fake.service.peek(NAME),
        person: fake.service.putAsPerson(NAME, 'p'),
      }
    }
    expect(await run()).toEqual(await run())
  })

  it('answers what is no request', async () => {
    const { handle } = createSecretsManager()
    const send = async (target: string, body: string) => {
      const answer = await handle({ target, body, accessKeyId: '' })
      return [answer.status, (JSON.parse(answer.body) as { __type: string }).__type]
    }
    expect(await send('secretsmanager.Nothing', '{}')).toEqual([400, 'UnknownOperationException'])
    expect(await send('secretsmanager.GetSecretValue', '{')).toEqual([400, 'SerializationException'])
    expect(await send('secretsmanager.GetSecretValue', '{}')).toEqual([400, 'ValidationException'])
  })
})
