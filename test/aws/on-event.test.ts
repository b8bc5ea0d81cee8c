/**
 * The function that hears of failed rotations, over the fake of Secrets Manager. Planted, and each failed here: an echo acted upon, the
 * event believed without a look, an account or region not compared, a failure answered instead of thrown.
 */
import { describe, expect, test } from 'vitest'
import { type Notice, parseNotice } from '../../aws/notice.ts'
import { createOnEvent } from '../../aws/on-event.ts'
import { fuzzed } from '../fuzz.ts'
import { configText, DAY, FleetPlace, MINUTE, thrown, value } from './fleet-support.ts'

const SERVICE = 'AWS Service Event via CloudTrail'
const CALL = 'AWS API Call via CloudTrail'
const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:driven-a1b2c3'

const service = (eventName: string, SecretId = arn) => ({
  'detail-type': SERVICE,
  source: 'aws.secretsmanager',
  account: '123456789012',
  region: 'us-east-1',
  detail: {
    eventSource: 'secretsmanager.amazonaws.com',
    eventName,
    requestParameters: null,
    responseElements: null,
    additionalEventData: { SecretId },
    errorMessage: 'Error when executing lambda during setSecret step',
  },
})

const call = (eventName: string, responseElements: object | null, more: object = {}) => ({
  ...service(eventName),
  'detail-type': CALL,
  detail: { eventName, responseElements, requestParameters: { secretId: arn }, ...more },
})

const place = () => {
  const made = new FleetPlace(['a'])
  made.driven('driven')
  made.text = configText(['driven', 'a'])
  return made
}
const arnOf = (where: FleetPlace, name = 'driven') => where.fake.service.peek(name).arn

describe('events', () => {
  test.each(['RotationFailed', 'RotationAbandoned'])('%s names its secret', name => {
    expect(parseNotice(service(name))).toEqual({ name, secret: arn, region: 'us-east-1', account: '123456789012' })
  })

  test.each(['arn', 'aRN'])('a cancelled rotation does too, under %s', key => {
    const notice = parseNotice(call('CancelRotateSecret', { [key]: arn })) as Exclude<Notice, { ignored: string }>
    expect(notice.secret).toBe(arn)
  })

  test.each([
    service('RotationStarted'),
    service('RotationSucceeded'),
    service('TestRotationFailed'),
    service('EndSecretVersionDelete'),
    call('PutSecretValue', { arn, versionId: 'ls-0' }),
    call('UpdateSecretVersionStage', { aRN: arn }),
    call('TagResource', null),
    call('RotateSecret', { arn }),
    call('RotationFailed', { arn }),
    call('CancelRotateSecret', null, { errorCode: 'AccessDenied' }),
  ])('ignored: %j', event => {
    expect(parseNotice(event)).toEqual({ ignored: expect.any(String) })
  })

  test.each([
    ['detail-type', { ...service('RotationFailed'), 'detail-type': 'Scheduled Event' }],
    ['source', { ...service('RotationFailed'), source: 'aws.s3' }],
    ['detail.eventName', service('Rotation Failed')],
    ['detail', service('RotationFailed', 'driven')],
    ['detail', service('RotationFailed', `${arn}\n`)],
    ['detail.eventName', { ...service('RotationFailed'), detail: Object.create(service('RotationFailed').detail) }],
    ['detail-type', { Records: [] }],
    ['detail-type', null],
    ['detail-type', 'RotationFailed'],
  ])('refused for its %s', (at, event) => {
    expect(() => parseNotice(event)).toThrow(expect.objectContaining({ code: 'refused', at }))
  })

  test('100,000 of them: understood, ignored or refused', () => {
    const words = [arn, 'RotationFailed', 'RotationAbandoned', CALL, 'PutSecretValue', 'arn', 'aRN']
    const seen = { asked: 0 }
    const { understood, refused } = fuzzed(
      service('RotationFailed'),
      candidate => {
        const notice = parseNotice(candidate)
        if ('ignored' in notice) return
        seen.asked++
        if (!['RotationFailed', 'RotationAbandoned', 'CancelRotateSecret'].includes(notice.name))
          throw new Error('name')
        if (!notice.secret.startsWith('arn:aws')) throw new Error('secret')
      },
      { words },
    )
    expect(seen.asked).toBeGreaterThan(5_000)
    expect(understood).toBeGreaterThan(10_000)
    expect(refused).toBeGreaterThan(30_000)
  })
})

describe('an event that asks', () => {
  test('finishes what the rotation function left, at once', async () => {
    const where = place()
    const { arn: id, token, rotationToken } = where.fake.service.beginRotation('driven')
    await where.fake.handle({
      target: 'secretsmanager.PutSecretValue',
      region: 'us-east-1',
      accessKeyId: 'test',
      body: JSON.stringify({
        SecretId: id,
        ClientRequestToken: token,
        RotationToken: rotationToken,
        SecretString: value('driven', 'second'),
        VersionStages: ['AWSPENDING', 'LOCKSTEP_1'],
      }),
    })
    where.fake.service.endRotation(id, token, 'failed')
    const answer = await createOnEvent(where.surroundings)(service('RotationFailed', id), where.context())
    expect(answer).toEqual({ outcome: 'rotated', secret: 'driven', event: 'RotationFailed' })
    expect(where.current('driven')).toBe('second')
    expect(where.works('driven')).toBe(true)
    const [rotated] = where.events('secret_rotated')
    expect(rotated).toMatchObject({ metadata: { rotation_type: 'event', reason: 'RotationFailed' } })
  })

  test('is only a reason to look: where nothing is to be done, nothing is', async () => {
    const where = place()
    const before = JSON.stringify([...where.fake.service.peek('driven').versions])
    for (let n = 0; n < 3; n++) {
      const event = service('RotationAbandoned', arnOf(where))
      const answer = await createOnEvent(where.surroundings)(event, where.context())
      expect(answer.outcome).toBe('not-due')
    }
    expect(JSON.stringify([...where.fake.service.peek('driven').versions])).toBe(before)
  })

  test('asks the service again, where a rotation is due', async () => {
    const where = place()
    where.clock.time += 31 * DAY
    const answer = await createOnEvent(where.surroundings)(service('RotationAbandoned', arnOf(where)), where.context())
    expect(answer.outcome).toBe('asked')
    expect(where.fake.calls.count('RotateSecret')).toBe(1)
  })

  test('of a failure throws it, so that it is delivered again', async () => {
    const where = place()
    where.clock.time += 31 * DAY
    where.fake.permissions.denyAction('test', 'secretsmanager:DescribeSecret')
    const event = service('RotationFailed', arnOf(where))
    const error = await thrown(createOnEvent(where.surroundings)(event, where.context()))
    expect(error.code).toBe('access-denied')
    expect(error.message).toContain('secretsmanager:DescribeSecret')
  })
})

describe('no business of ours', () => {
  const ignored = async (event: object, change: (where: FleetPlace) => void = () => {}) => {
    const where = place()
    change(where)
    where.fake.calls.reset()
    const answer = await createOnEvent(where.surroundings)(event, where.context())
    expect(answer.outcome).toBe('ignored')
    expect(where.fake.calls.count()).toBe(0)
  }

  test('an echo of what we wrote ourselves', () => ignored(call('PutSecretValue', { arn })))
  test('a secret that is not configured', () => ignored(service('RotationFailed', arn.replace('driven', 'other'))))
  test('another region', () => ignored(service('RotationFailed', arn.replace('us-east-1', 'eu-west-1'))))
  test('another account', () => ignored(service('RotationFailed', arn.replace('123456789012', '210987654321'))))
  test('the account of the function, where the store is in another', () =>
    ignored(service('RotationFailed', arn), where => {
      const role = 'role: { arn: "arn:aws:iam::210987654321:role/lockstep" }'
      where.text = configText(['driven'], `{ kind: aws, region: us-east-1, ${role} }`)
    }))
})

test('time: an event that cannot be handled in what is left is thrown', async () => {
  const where = place()
  where.clock.time += 31 * DAY + MINUTE
  const error = await thrown(
    createOnEvent(where.surroundings)(service('RotationFailed', arnOf(where)), where.context(400)),
  )
  expect(error.code).toBe('no-time')
})
