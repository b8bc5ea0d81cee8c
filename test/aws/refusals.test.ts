/** Secrets and permissions that stand in the way: each is named, and nothing is changed. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ReplicateSecretToRegionsCommand,
} from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { Requests } from '../../aws/requests.ts'
import { AwsSecretStore } from '../../aws/secret-store.ts'
import { RotationError } from '../../core/errors.ts'
import type { Call } from '../../core/ports/secret-store.ts'
import { rotationId } from '../../core/rotation/ids.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { Place } from './support.ts'

const ID = 'prod/app'
const CANARY = 'canary-0123456789'
const value = SecretValue.of(CANARY)

let place: Place
beforeEach(() => {
  place = new Place()
})

const failing = async (action: Promise<unknown>): Promise<RotationError> => {
  const error = await action.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(JSON.stringify(error) + error.stack).not.toContain(CANARY)
  return error
}

/** A rotation, a retirement and a note, as the engine makes them. */
async function wholeLife(store: AwsSecretStore, call: Call): Promise<void> {
  const begin = (await store.describe(ID, call))!
  const rotation = rotationId(ID, begin)
  const base = begin.current.version
  await store.putPending(ID, { rotation, base, value: SecretValue.of('new') }, call)
  await store.note(ID, { attempts: 1 }, call)
  await store.promote(ID, { rotation, base }, call)
  await store.unlabelled(ID, 3, call)
  await store.claimRetire(ID, base, 60_000, call)
  await store.retirePrevious(ID, base, call)
  for await (const _ of store.list({}, call));
}

describe('permissions [fake]', () => {
  const actions = [
    'DescribeSecret',
    'GetSecretValue',
    'PutSecretValue',
    'UpdateSecretVersionStage',
    'TagResource',
    'ListSecretVersionIds',
    'ListSecrets',
  ]

  test('these are all that the store needs', async () => {
    await place.store().put(ID, value, place.call())
    place.fake.calls.reset()
    await wholeLife(place.store(), place.call())
    expect([...new Set(place.fake.calls.list.map(({ op }) => op))].toSorted()).toEqual(actions.toSorted())
  })

  test.each(actions)('without %s: the error names the action and the secret', async action => {
    await place.store().put(ID, value, place.call())
    place.fake.permissions.denyAction('limited', `secretsmanager:${action}`)
    const error = await failing(wholeLife(place.store('limited'), place.call()))
    expect(error.code).toBe('access-denied')
    expect(error.message).toContain(`secretsmanager:${action}`)
    if (action !== 'ListSecrets') expect(error.message).toContain(ID)
    expect(error.next).toContain(`Allow secretsmanager:${action}`)
  })

  test('a disabled key is no missing secret', async () => {
    place.fake.service.createSecret({ name: ID, value: 'x', kmsKeyId: 'key-1' })
    place.fake.service.kms.disable('key-1')
    const error = await failing(place.store().describe(ID, place.call()))
    expect([error.code, error.message]).toEqual(['access-denied', expect.stringContaining('KMS key')])
  })

  test('expired credentials say so', async () => {
    await place.store().put(ID, value, place.call())
    place.fake.permissions.expire('old')
    const error = await failing(place.store('old').describe(ID, place.call()))
    expect([error.code, error.next]).toEqual(['access-denied', expect.stringContaining('Sign in again')])
  })
})

describe('secrets that are not ours to rotate [fake]', () => {
  const bring = async (store = place.store(), call = place.call()) => {
    const state = (await store.describe(ID, call))!
    const draft = { rotation: rotationId(ID, state), base: state.current.version, value }
    return store.putPending(ID, draft, call)
  }

  test.each([
    ['managed by rds', { owningService: 'rds' }],
    ['managed by SnowflakePat', { type: 'SnowflakePat' }],
  ])('%s: refused', async (reason, more) => {
    place.fake.service.createSecret({ name: ID, value: 'x', ...more })
    const error = await failing(bring())
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining(reason)])
    expect(place.fake.service.peek(ID).versions.size).toBe(1)
  })

  test('one that Secrets Manager rotates: the command that asks it to', async () => {
    place.fake.service.createSecret({ name: ID, value: 'x', rotation: { lambdaArn: 'arn:f' } })
    const error = await failing(bring())
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining('rotate-secret --secret-id prod/app')])
  })

  test('a replica: the region where it is rotated', async () => {
    place.fake.service.createSecret({ name: ID, value: 'x' })
    const there = { AddReplicaRegions: [{ Region: 'eu-west-1' }] }
    await place.fake.inProcessClient().send(new ReplicateSecretToRegionsCommand({ SecretId: ID, ...there }))
    const client = place.fake.inProcessClient({ region: 'eu-west-1' })
    const error = await failing(bring(new AwsSecretStore(new Requests(client, place.clock), place.clock)))
    expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('us-east-1')])
  })

  test('scheduled for deletion: how to keep it', async () => {
    place.fake.service.createSecret({ name: ID, value: 'x' })
    await place.fake.inProcessClient().send(new DeleteSecretCommand({ SecretId: ID }))
    const error = await failing(place.store().describe(ID, place.call()))
    expect([error.code, error.next]).toEqual(['refused', expect.stringContaining('restore-secret')])
  })

  test('without a value, or with a binary one', async () => {
    place.fake.service.createSecret({ name: ID })
    expect((await failing(place.store().describe(ID, place.call()))).code).toBe('refused')
    const SecretBinary = Buffer.from(CANARY)
    await place.fake.inProcessClient().send(new CreateSecretCommand({ Name: 'binary', SecretBinary }))
    expect((await failing(place.store().describe('binary', place.call()))).code).toBe('value-unsuitable')
  })
})

describe('the service does not answer as it should [fake]', () => {
  beforeEach(() => place.store().put(ID, value, place.call()))
  const store = (maxAttempts = 1) => {
    const client = place.fake.inProcessClient({ maxAttempts })
    return new AwsSecretStore(new Requests(client, place.clock), place.clock)
  }

  test.each([
    ['throttle', 'DescribeSecret', 'busy'],
    ['reset', 'DescribeSecret', 'store-unavailable'],
    ['error:InternalServiceError', 'DescribeSecret', 'store-unavailable'],
    ['lost-answer', 'PutSecretValue', 'unknown'],
    ['reset', 'PutSecretValue', 'unknown'],
    ['error:InternalServiceError', 'UpdateSecretVersionStage', 'unknown'],
    ['error:LimitExceededException', 'PutSecretValue', 'refused'],
  ] as const)('%s at %s is `%s`, and the same again finishes', async (fault, op, code) => {
    place.fake.faults.next(op, fault)
    expect((await failing(wholeLife(store(), place.call()))).code).toBe(code)
    const call = place.call()
    const state = (await store().describe(ID, call))!
    const rotation = state.pending?.rotation ?? rotationId(ID, state)
    const again = store()
    if (!state.pending) await again.putPending(ID, { rotation, base: state.current.version, value }, call)
    await again.promote(ID, { rotation, base: state.current.version }, call)
    expect((await again.describe(ID, call))!.current.version).toBe(rotation)
  })

  test('the SDK repeats what was throttled', async () => {
    place.fake.faults.next('DescribeSecret', 'throttle', 2)
    await expect(store(3).describe(ID, place.call())).resolves.toBeDefined()
  })

  test('twenty labels of other people leave no room: refused, current is what it was', async () => {
    const current = (await place.store().describe(ID, place.call()))!.current.version
    for (let n = 0; n < 19; n++) place.fake.service.putAsPerson(ID, 'x', [`label-${n}`])
    const error = await failing(wholeLife(store(), place.call()))
    expect(error.code).toBe('refused')
    expect((await store().describe(ID, place.call()))!.current.version).toBe(current)
  })
})
