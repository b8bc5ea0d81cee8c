/**
 * Planted: `'Step' in event` instead of own fields, and the value in the message: both made these fail.
 */
import { describe, expect, test } from 'vitest'
import { parseEvent, secretName } from '../../aws/event.ts'
import { RotationError } from '../../core/errors.ts'
import { fuzzed } from '../fuzz.ts'

const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/app/db-a1b2c3'
const token = '5b1e3f0c-8a55-4d0e-9c41-2f6f7a9d1c11'
const rotationToken = '2a9f5c1e-77b0-4f3a-8d55-0c1b2d3e4f50'
const good = { Step: 'createSecret', SecretId: arn, ClientRequestToken: token, RotationToken: rotationToken }

function refusal(event: unknown): RotationError {
  try {
    parseEvent(event)
  } catch (error) {
    expect(error).toBeInstanceOf(RotationError)
    expect((error as RotationError).code).toBe('refused')
    return error as RotationError
  }
  throw new Error('it was accepted')
}

describe('an event of Secrets Manager', () => {
  test.each([
    ['createSecret', 'create'],
    ['create_secret', 'create'],
    ['setSecret', 'set'],
    ['set_secret', 'set'],
    ['testSecret', 'test'],
    ['test_secret', 'test'],
    ['finishSecret', 'finish'],
    ['finish_secret', 'finish'],
  ])('%s is the step %s', (Step, step) => {
    expect(parseEvent({ ...good, Step })).toEqual({ step, secret: arn, token, rotationToken })
  })

  test('the rotation token may be missing; fields that come later are ignored', () => {
    const { RotationToken: _, ...without } = good
    expect(parseEvent({ ...without, Later: {} })).toEqual({ step: 'create', secret: arn, token })
    expect(parseEvent({ ...without, RotationToken: null })).toEqual({ step: 'create', secret: arn, token })
  })

  test.each([
    'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-a1b2c3',
    'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a.b=c+d_e@f/g-a1b2c3',
    `arn:aws:secretsmanager:us-east-1:123456789012:secret:${'n'.repeat(512)}-a1b2c3`,
  ])('ARN %s', SecretId => {
    expect(parseEvent({ ...good, SecretId }).secret).toBe(SecretId)
  })
})

describe('anything else is one error that names the field', () => {
  test.each([
    ['Step', undefined],
    ['Step', 'deleteSecret'],
    ['Step', 'CREATESECRET'],
    ['Step', 1],
    ['Step', ['createSecret']],
    ['SecretId', undefined],
    ['SecretId', 'my-secret'],
    ['SecretId', 'arn:aws:s3:::bucket'],
    ['SecretId', `${arn}\n`],
    ['SecretId', arn.replace('secret:', 'secret:'.repeat(400))],
    ['ClientRequestToken', undefined],
    ['ClientRequestToken', 'short'],
    ['ClientRequestToken', 'x'.repeat(65)],
    ['ClientRequestToken', `${'x'.repeat(40)}\n`],
    ['ClientRequestToken', {}],
    ['RotationToken', 'short'],
    ['RotationToken', 'x'.repeat(257)],
    ['RotationToken', `${rotationToken}_`],
    ['RotationToken', 7],
  ])('%s: %j', (field, value) => {
    const { at, message } = refusal({ ...good, [field]: value })
    expect(at).toBe(field)
    expect(message).toContain(field)
    expect(message).toMatch(/must be/)
    if (typeof value === 'string') expect(message).not.toContain(value)
  })

  test.each([
    ['an object', { Records: [{ eventSource: 'aws:s3', s3: {} }] }],
    ['an API Gateway request', { httpMethod: 'GET', path: '/', headers: {} }],
    ['a scheduled event', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
    ['nothing in it', {}],
    ['an array', [good]],
    ['a text', JSON.stringify(good)],
    ['null', null],
    ['undefined', undefined],
    ['a number', 1],
    ['inherited fields', Object.create(good)],
    ['fields of a prototype in JSON', JSON.parse(`{"__proto__":${JSON.stringify(good)}}`)],
  ])('%s', (_, event) => {
    const { message, next } = refusal(event)
    expect(message).toMatch(/^The event is (no object|not one of Secrets Manager)/)
    expect(next).toContain('Secrets Manager')
  })

  test('a getter is not called', () => {
    const event = Object.defineProperty({ ...good }, 'SecretId', { get: () => expect.fail('called') })
    expect(refusal(event).at).toBe('SecretId')
  })
})

test('100,000 events are parsed or refused, and nothing that was in them is in the error', () => {
  const words = [arn, token, rotationToken, 'setSecret', 'finish_secret']
  const { understood, refused } = fuzzed(
    good,
    candidate => {
      const parsed = parseEvent(candidate)
      const { Step, SecretId, ClientRequestToken, RotationToken } = candidate as Record<string, unknown>
      const same =
        parsed.secret === SecretId &&
        parsed.token === ClientRequestToken &&
        parsed.rotationToken === (RotationToken ?? undefined)
      if (!same || typeof Step !== 'string') throw new Error('not what was sent')
    },
    { words },
  )
  expect(understood).toBeGreaterThan(5000)
  expect(refused).toBeGreaterThan(50_000)
})

test('the name of a secret is in its ARN, before six random characters', () => {
  expect(secretName(arn)).toBe('prod/app/db')
  expect(secretName('arn:aws:secretsmanager:us-east-1:123456789012:secret:with-dash-a1b2c3')).toBe('with-dash')
  expect(secretName('only-a-name')).toBe('only-a-name')
})
