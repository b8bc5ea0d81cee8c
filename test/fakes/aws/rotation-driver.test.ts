import { CancelRotateSecretCommand, GetSecretValueCommand, RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { driveRotation, type Invoke, type RotationEvent, type RotationOptions, STEPS } from './rotation-driver.ts'
import { inProcess, serveRotations } from './rotation-function.ts'
import { createSecretsManager, type SecretsManagerCore } from './secrets-manager.ts'

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'
const TOKEN = 'a'.repeat(36)

function secretOn(fake = createSecretsManager()): { fake: SecretsManagerCore; arn: string } {
  const { arn } = fake.service.createSecret({
    name: 'app',
    value: 'first',
    token: 'f'.repeat(36),
    rotation: { lambdaArn: FUNCTION, rules: { AutomaticallyAfterDays: 30 } },
  })
  return { fake, arn }
}

const stagesOf = (fake: SecretsManagerCore, id: string) => fake.service.peek('app').versions.get(id)?.stages
const eventsOf = (fake: SecretsManagerCore) => fake.service.events.map(({ name }) => name)
const pendingOf = (fake: SecretsManagerCore) =>
  [...fake.service.peek('app').versions].find(([, { stages }]) => stages.includes('AWSPENDING'))?.[0]

/** The smallest function that rotates: put the value in create, promote in finish; everything may be repeated. */
function rotator(fake: SecretsManagerCore): Invoke {
  const client = fake.inProcessClient()
  const handler = async (raw: unknown) => {
    const { Step, SecretId, ClientRequestToken: token } = raw as RotationEvent
    const step = Step.replace('_secret', 'Secret')
    const { DescribeSecretCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } = await import(
      '@aws-sdk/client-secrets-manager'
    )
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
    if (VersionIdsToStages[token]?.includes('AWSCURRENT')) return
    if (!VersionIdsToStages[token]?.includes('AWSPENDING')) throw new Error('not pending')
    const value = `value of ${token}`
    const VersionStages = ['AWSPENDING']
    if (step === 'createSecret')
      await client.send(
        new PutSecretValueCommand({ SecretId, ClientRequestToken: token, SecretString: value, VersionStages }),
      )
    if (step === 'testSecret' || step === 'setSecret')
      await client.send(new GetSecretValueCommand({ SecretId, VersionId: token, VersionStage: 'AWSPENDING' }))
    if (step !== 'finishSecret') return
    const current = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))![0]
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: token,
        RemoveFromVersionId: current,
      }),
    )
  }
  return inProcess(handler)
}

/** Fails in the `nth` call from 1, after the function has done its work (or before). */
function failing(invoke: Invoke, nth: number, when: 'before' | 'after'): Invoke {
  let calls = 0
  return async event => {
    const due = ++calls === nth
    if (!due || when === 'after') await invoke(event)
    return due ? { ok: false, errorType: 'Planted', errorMessage: 'planted' } : { ok: true }
  }
}

describe('a rotation driven to its end', () => {
  test('invokes the four steps in order, with the documented event, on a labelled empty version', async () => {
    const { fake, arn } = secretOn()
    const invoke = rotator(fake)
    const seen: unknown[] = []
    const rotation = await driveRotation(
      fake,
      'app',
      event => {
        if (event.Step === 'createSecret') seen.push(fake.service.peek('app').versions.get(event.ClientRequestToken))
        return invoke(event)
      },
      { token: TOKEN },
    )
    expect(seen).toEqual([{ stages: ['AWSPENDING'], createdAt: expect.any(Number) }])
    expect(rotation).toMatchObject({ outcome: 'succeeded', token: TOKEN, attempts: 1, failure: undefined })
    const events = rotation.calls.map(({ event }) => event)
    expect(events.map(({ Step }) => Step)).toEqual(STEPS)
    expect(new Set(events.map(({ RotationToken }) => RotationToken)).size).toBe(1)
    expect(events[0]!.RotationToken).toMatch(/^[a-zA-Z0-9-]{36,256}$/)
    for (const event of events) expect(event).toMatchObject({ SecretId: arn, ClientRequestToken: TOKEN })
    expect(stagesOf(fake, TOKEN)).toEqual(['AWSCURRENT', 'AWSPENDING'])
    expect(eventsOf(fake)).toEqual(['RotationStarted', 'RotationSucceeded'])
  })

  test('AWSPENDING may be taken off after success; the next rotation begins either way', async () => {
    const { fake } = secretOn()
    await driveRotation(fake, 'app', rotator(fake), { token: TOKEN, pendingAfter: 'removed' })
    expect(stagesOf(fake, TOKEN)).toEqual(['AWSCURRENT'])
    for (const pendingAfter of ['stays', 'removed', 'stays'] as const) {
      const { outcome, token } = await driveRotation(fake, 'app', rotator(fake), { pendingAfter })
      expect([outcome, stagesOf(fake, token)?.includes('AWSPENDING')]).toEqual(['succeeded', pendingAfter === 'stays'])
    }
  })

  test('the other spelling of the steps', async () => {
    const { fake } = secretOn()
    const { outcome, calls } = await driveRotation(fake, 'app', rotator(fake), { spelling: 'create_secret' })
    expect(outcome).toBe('succeeded')
    expect(calls.map(({ event }) => event.Step)).toEqual([
      'create_secret',
      'set_secret',
      'test_secret',
      'finish_secret',
    ])
  })

  test.each(['twice', 'two at once'] as const)('each step delivered %s', async delivery => {
    const { fake } = secretOn()
    const { outcome, calls } = await driveRotation(fake, 'app', rotator(fake), { delivery })
    expect(outcome).toBe('succeeded') // of two promotions at once this small function loses one: a second attempt
    expect(calls.slice(0, 8).map(({ event }) => event.Step)).toEqual(STEPS.flatMap(step => [step, step]))
  })
})

describe('a step that fails', () => {
  const places = STEPS.flatMap((_, index) => (['before', 'after'] as const).map(when => [index + 1, when] as const))

  test.each(places)(
    'call %i fails %s its work: everything is attempted again with the same token',
    async (nth, when) => {
      const { fake } = secretOn()
      const pauses: number[] = []
      const rotation = await driveRotation(fake, 'app', failing(rotator(fake), nth, when), {
        token: TOKEN,
        pause: attempt => void pauses.push(attempt),
      })
      expect(rotation).toMatchObject({ outcome: 'succeeded', attempts: 2, failure: { errorType: 'Planted' } })
      expect(pauses).toEqual([2])
      expect(rotation.calls.map(({ event }) => event.Step)).toEqual([...STEPS.slice(0, nth), ...STEPS])
      expect(new Set(rotation.calls.map(({ event }) => event.ClientRequestToken + event.RotationToken)).size).toBe(1)
      expect(stagesOf(fake, TOKEN)).toContain('AWSCURRENT')
      expect(eventsOf(fake)).toEqual(['RotationStarted', 'RotationFailed', 'RotationStarted', 'RotationSucceeded'])
    },
  )

  test('every attempt fails: the rotation stays in progress, refuses others, and can be taken up again', async () => {
    const { fake } = secretOn()
    const broken: Invoke = async () => ({ ok: false, errorType: 'Error', errorMessage: 'no' })
    const rotation = await driveRotation(fake, 'app', broken, { token: TOKEN, attempts: 5 })
    expect(rotation).toMatchObject({ outcome: 'failed', attempts: 5, failure: { errorMessage: 'no' } })
    expect(rotation.calls).toHaveLength(5)
    expect(await driveRotation(fake, 'app', rotator(fake))).toMatchObject({
      outcome: 'refused',
      calls: [],
      failure: { errorType: 'InvalidRequestException' },
    })
    expect((await driveRotation(fake, 'app', rotator(fake), { token: TOKEN })).outcome).toBe('succeeded')
  })

  test('steps in another order in one attempt, in the right order in the next', async () => {
    const { fake } = secretOn()
    const steps: RotationOptions['steps'] = attempt => (attempt === 1 ? ['testSecret', 'createSecret'] : STEPS)
    const rotation = await driveRotation(fake, 'app', rotator(fake), { steps })
    expect(rotation).toMatchObject({ outcome: 'succeeded', attempts: 2 })
    expect(rotation.calls.map(({ event }) => event.Step)).toEqual(['testSecret', ...STEPS])
  })
})

describe('what happens in the middle', () => {
  const before = STEPS.slice(1).map(step => [step] as const)

  test.each(before)(
    'somebody puts a value before %s: abandoned, no further step, AWSPENDING is taken off',
    async at => {
      const { fake } = secretOn()
      const rotation = await driveRotation(fake, 'app', rotator(fake), {
        token: TOKEN,
        betweenSteps: ({ step }) => void (step === at && fake.service.putAsPerson('app', 'from a person')),
      })
      expect(rotation).toMatchObject({ outcome: 'abandoned', attempts: 1 })
      expect(rotation.calls).toHaveLength(STEPS.indexOf(at))
      expect(pendingOf(fake)).toBeUndefined()
      expect(eventsOf(fake)).toEqual(['RotationStarted', 'RotationAbandoned'])
    },
  )

  test('a step that fails because of a foreign value is no reason for another attempt', async () => {
    const { fake } = secretOn()
    const invoke: Invoke = async () => {
      fake.service.putAsPerson('app', 'from a person')
      return { ok: false, errorType: 'Error', errorMessage: 'not pending' }
    }
    expect(await driveRotation(fake, 'app', invoke)).toMatchObject({ outcome: 'abandoned', attempts: 1 })
  })

  test.each(before)('CancelRotateSecret before %s: no further step, and AWSPENDING stays', async at => {
    const { fake } = secretOn()
    const cancel = () => fake.inProcessClient().send(new CancelRotateSecretCommand({ SecretId: 'app' }))
    const rotation = await driveRotation(fake, 'app', rotator(fake), {
      token: TOKEN,
      betweenSteps: async ({ step }) => void (step === at && (await cancel())),
    })
    expect(rotation).toMatchObject({ outcome: 'cancelled', attempts: 1 })
    expect(rotation.calls).toHaveLength(STEPS.indexOf(at))
    expect(pendingOf(fake)).toBe(TOKEN)
  })

  test('cancelled while it waits for the next attempt', async () => {
    const { fake } = secretOn()
    const broken: Invoke = async () => ({ ok: false, errorType: 'Error', errorMessage: 'no' })
    const pause = () => void fake.service.cancelRotation('app')
    expect(await driveRotation(fake, 'app', broken, { pause })).toMatchObject({ outcome: 'cancelled', attempts: 1 })
  })

  test('two drivers at once with one token', async () => {
    const { fake } = secretOn()
    const drive = () => driveRotation(fake, 'app', rotator(fake), { token: TOKEN, attempts: 5 })
    const both = await Promise.all([drive(), drive()])
    expect(both.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded'])
    expect(stagesOf(fake, TOKEN)).toContain('AWSCURRENT')
  })

  test('two rotations at once: the second is refused', async () => {
    const { fake } = secretOn()
    const drive = () => driveRotation(fake, 'app', rotator(fake))
    const both = await Promise.all([drive(), drive()])
    expect(both.map(({ outcome }) => outcome)).toEqual(['succeeded', 'refused'])
  })
})

describe('RotateImmediately=false', () => {
  test.each(['empty', 'copy of current'] as const)(
    'only testSecret, on a version that is %s and then removed',
    async kind => {
      const { fake } = secretOn()
      const found: unknown[] = []
      const invoke: Invoke = async ({ ClientRequestToken }) => {
        found.push(fake.service.peek('app').versions.get(ClientRequestToken))
        return { ok: true }
      }
      const rotation = await driveRotation(fake, 'app', invoke, { token: TOKEN, testOnly: kind })
      expect(rotation.calls.map(({ event }) => event.Step)).toEqual(['testSecret'])
      const value = kind === 'empty' ? {} : { value: 'first' }
      expect(found).toEqual([{ ...value, stages: ['AWSPENDING'], createdAt: expect.any(Number) }])
      expect(pendingOf(fake)).toBeUndefined()
      expect(stagesOf(fake, TOKEN) ?? []).toEqual([])
      expect(eventsOf(fake).at(-1)).toBe('TestRotationSucceeded')
    },
  )

  test('a test that fails is told, and leaves no pending version', async () => {
    const { fake } = secretOn()
    const broken: Invoke = async () => ({ ok: false, errorType: 'Error', errorMessage: 'no' })
    const rotation = await driveRotation(fake, 'app', broken, { testOnly: 'empty', attempts: 1 })
    expect(rotation.outcome).toBe('failed')
    expect(pendingOf(fake)).toBeUndefined()
    expect(eventsOf(fake)).toEqual(['TestRotationStarted', 'TestRotationFailed'])
  })
})

describe('RotateSecret', () => {
  test('is answered first, and then driven by the function of its ARN', async () => {
    const { fake } = secretOn()
    const invoke = rotator(fake)
    const asked: (string | undefined)[] = []
    const served = serveRotations(fake, ({ lambdaArn }) => {
      asked.push(lambdaArn)
      return invoke
    })
    const client = fake.inProcessClient()
    const rotate = { SecretId: 'app', ClientRequestToken: TOKEN }
    await client.send(new RotateSecretCommand(rotate))
    expect(await served.settled()).toMatchObject([{ outcome: 'succeeded', token: TOKEN, attempts: 1 }])
    expect(asked).toEqual([FUNCTION])
    expect(eventsOf(fake)).toEqual(['RotationStarted', 'RotationSucceeded'])
    served.stop()
    await client.send(new RotateSecretCommand({ SecretId: 'app', ClientRequestToken: 'b'.repeat(36) }))
    expect(await served.settled()).toHaveLength(1)
  })

  test('with RotateImmediately=false runs the test alone', async () => {
    const { fake } = secretOn()
    const served = serveRotations(fake, () => async () => ({ ok: true }))
    await fake.inProcessClient().send(new RotateSecretCommand({ SecretId: 'app', RotateImmediately: false }))
    const [rotation] = await served.settled()
    expect(rotation!.calls.map(({ event }) => event.Step)).toEqual(['testSecret'])
  })
})
