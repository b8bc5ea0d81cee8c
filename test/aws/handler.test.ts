/**
 * The rotation function, invoked as Lambda does, over the fake of Secrets Manager and real PostgreSQL 18.
 * Planted: the foreign error thrown as it came, the stack of the cause kept, the client made anew for each invocation, `tried`
 * thrown, the strategy remembered for the wrong secret, no margin before the end: each failed here.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createHandler, type LambdaContext, type RotationHandler } from '../../aws/handler.ts'
import { type Clock, systemClock } from '../../core/ports/clock.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { freshName } from '../targets/postgres/fixture.ts'
import { checkEmf } from './emf.ts'

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
const DEAD = { instance: async () => undefined, cluster: async () => undefined }
const server = requireServer(await startPostgres({ tls: true, conf: { log_connections: 'on' } }))
const aws = await startSecretsManager()
afterAll(() => Promise.all([aws.close(), server?.stop()]))

/** Everything that any handler of this file wrote or threw. */
const output: string[] = []
const canaries = new Set<string>()

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const later = (ms: number): Clock => ({ ...systemClock, now: () => Date.now() + ms })

interface World {
  readonly handler: RotationHandler
  readonly lines: Record<string, unknown>[]
  clients: number
}

const caFile = path.join(mkdtempSync(path.join(tmpdir(), 'lockstep-aws-')), 'ca.pem')
writeFileSync(caFile, server?.tls?.ca ?? '')

function world(env: Record<string, string> = {}, clock: Clock = systemClock): World {
  const lines: Record<string, unknown>[] = []
  const made: World = {
    lines,
    clients: 0,
    handler: createHandler({
      env: { LOCKSTEP_CA_FILE: caFile, ...env },
      clock,
      write: async line => {
        output.push(line)
        lines.push(JSON.parse(line))
      },
      client: async () => {
        made.clients++
        return aws.client({ maxAttempts: 1 })
      },
      rds: DEAD,
    }),
  }
  return made
}

const lambda = (ms = 60_000): LambdaContext => {
  const end = Date.now() + ms
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => end - Date.now() }
}

const event = (Step: string, { arn, token, rotationToken }: { arn: string; token: string; rotationToken: string }) => ({
  Step,
  SecretId: arn,
  ClientRequestToken: token,
  RotationToken: rotationToken,
})

interface Thrown extends Error {
  readonly code: string
}

async function failure(running: Promise<unknown>): Promise<Thrown> {
  const error = await running.then(
    () => new Error('it returned'),
    (thrown: unknown) => thrown as Thrown,
  )
  output.push(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(Object.getOwnPropertyDescriptors(error))}`)
  expect(error.name, error.message).toBe('LockstepError')
  return error as Thrown
}

const labelled = (arn: string, label: string) => {
  const [id, version] = [...aws.service.peek(arn).versions].find(([, { stages }]) => stages.includes(label)) ?? []
  const value = version?.value
  if (value?.includes('password')) canaries.add((JSON.parse(value) as { password: string }).password)
  return { id, value }
}
const current = (arn: string) => JSON.parse(labelled(arn, 'AWSCURRENT').value!) as Record<string, string>

/** What AWS calls a secret of a database, and its admin's. */
async function secret(fields: Record<string, unknown> = {}, admin?: Record<string, unknown>) {
  const username = freshName('app')
  const password = `Canary-${freshName('first')}`
  canaries.add(password).add(server!.adminPassword)
  await server!.sql(`CREATE ROLE "${username}" LOGIN PASSWORD '${password}'`)
  const place = { engine: 'postgres', host: '127.0.0.1', port: String(server!.port), ssl: 'true' }
  const master = { ...place, username: 'postgres', password: server!.adminPassword, ...admin }
  const masterarn = admin && aws.service.createSecret({ name: freshName('master'), value: JSON.stringify(master) }).arn
  const value = { ...place, username, password, ...(masterarn && { masterarn }), ...fields }
  const { arn, name } = aws.service.createSecret({ name: freshName('team/app'), value: JSON.stringify(value) })
  return { arn, name, username, password, value }
}

async function rotate(handler: RotationHandler, arn: string, steps: readonly string[] = STEPS) {
  const start = aws.service.beginRotation(arn)
  const outcomes: string[] = []
  for (const step of steps) outcomes.push((await handler(event(step, start), lambda())).outcome)
  return { start, outcomes }
}

const canLogIn = async (user: string, password: string) => {
  const client = await server!.connect(user, password).catch(() => undefined)
  await client?.end()
  return client !== undefined
}

describe.skipIf(!server)('the rotation function', () => {
  describe('four steps', () => {
    test('single-user, with no setting at all but the authority: 8 calls, 2 logins, none failed', async () => {
      const { arn, username, password } = await secret()
      const { handler, lines } = world()
      const logins = () => server!.log().split('application_name=lockstep').length - 1
      const refused = () => server!.log().split('password authentication failed').length - 1
      const before = [logins(), refused()]
      aws.calls.reset()
      expect((await rotate(handler, arn)).outcomes).toEqual(['done', 'done', 'done', 'done'])
      expect(aws.calls.count()).toBe(8)
      expect([logins(), refused()]).toEqual([before[0]! + 2, before[1]])
      expect(current(arn)).toMatchObject({ username, port: String(server!.port), ssl: 'true' })
      expect(await canLogIn(username, current(arn).password!)).toBe(true)
      expect(await canLogIn(username, password)).toBe(false)
      expect(lines.filter(({ _aws }) => _aws)).toHaveLength(4)
    })

    test('alternating with `masterarn`: 9 calls, 3 logins; then the other spelling, and back', async () => {
      const { arn, username } = await secret({}, {})
      const { handler } = world()
      const logins = () => server!.log().split('application_name=lockstep').length - 1
      const before = logins()
      aws.calls.reset()
      expect((await rotate(handler, arn)).outcomes).toEqual(['done', 'done', 'done', 'done'])
      expect([aws.calls.count(), logins() - before]).toEqual([9, 3])
      const clone = current(arn)
      expect(clone.username).toBe(`${username}_clone`)
      expect(await canLogIn(`${username}_clone`, clone.password!)).toBe(true)
      const snakes = ['create_secret', 'set_secret', 'test_secret', 'finish_secret']
      expect((await rotate(world({}, later(2 * HOUR)).handler, arn, snakes)).outcomes).toEqual([
        'done',
        'done',
        'done',
        'done',
      ])
      expect(current(arn).username).toBe(username)
      expect(await canLogIn(username, current(arn).password!)).toBe(true)
      expect(await canLogIn(`${username}_clone`, clone.password!)).toBe(true)
    })

    test('LOCKSTEP_GRACE: two logins are left alone for so long after a rotation, an hour unless said otherwise', async () => {
      const { arn } = await secret({}, {})
      await rotate(world().handler, arn)
      const start = aws.service.beginRotation(arn)
      const { code, message } = await failure(world().handler(event('createSecret', start), lambda()))
      expect([code, message]).toEqual(['refused', expect.stringContaining('too recent')])
      const [, from] = /Possible from (\S+);/.exec(message)!
      expect(Math.abs(Date.parse(from!) - Date.now() - HOUR)).toBeLessThan(MINUTE)
      const { handler } = world({ LOCKSTEP_GRACE: '2m' }, later(3 * MINUTE))
      for (const step of STEPS) await handler(event(step, start), lambda())
      expect(labelled(arn, 'AWSCURRENT').id).toBe(start.token)
    })

    test('both spellings, and repetition in any order', async () => {
      const { arn } = await secret()
      const { handler } = world()
      const steps = ['create_secret', 'create_secret', 'set_secret', 'create_secret', 'test_secret', 'set_secret']
      const { start, outcomes } = await rotate(handler, arn, [...steps, 'finish_secret'])
      expect(new Set(outcomes)).toEqual(new Set(['done']))
      expect(labelled(arn, 'AWSCURRENT').id).toBe(start.token)
      for (const step of STEPS)
        expect((await handler(event(step, start), lambda())).outcome, step).toBe('already-rotated')
    })

    test('each in a process of its own: one call more, and only for alternating users', async () => {
      for (const [admin, calls] of [
        [undefined, 8],
        [{}, 10],
      ] as const) {
        const { arn } = await secret({}, admin)
        aws.calls.reset()
        const start = aws.service.beginRotation(arn)
        for (const step of STEPS) await world().handler(event(step, start), lambda())
        expect(aws.calls.count()).toBe(calls)
        expect(labelled(arn, 'AWSCURRENT').id).toBe(start.token)
      }
    })

    test('two secrets in turn in one warm process, each by its own strategy', async () => {
      const [one, two] = [await secret(), await secret({}, {})]
      const { handler, clients } = world()
      const starts = [aws.service.beginRotation(one.arn), aws.service.beginRotation(two.arn)]
      for (const step of STEPS) for (const start of starts) await handler(event(step, start), lambda())
      expect(current(one.arn).username).toBe(one.username)
      expect(current(two.arn).username).toBe(`${two.username}_clone`)
      expect(clients).toBeLessThanOrEqual(1)
    })

    test('LOCKSTEP_STRATEGY decides against `masterarn`', async () => {
      const { arn, username } = await secret({}, {})
      await rotate(world({ LOCKSTEP_STRATEGY: 'single-user' }).handler, arn)
      expect(current(arn).username).toBe(username)
    })

    test('the client is made once, and again after it could not be made', async () => {
      const { arn } = await secret()
      let made = 0
      const handler = createHandler({
        env: { LOCKSTEP_CA_FILE: caFile },
        clock: systemClock,
        write: async () => {},
        client: async () => {
          if (made++ === 0) throw new Error('Canary: no region')
          return aws.client()
        },
        rds: DEAD,
      })
      const start = aws.service.beginRotation(arn)
      expect((await failure(handler(event('createSecret', start), lambda()))).code).toBe('internal')
      for (const step of STEPS) await handler(event(step, start), lambda())
      expect(made).toBe(2)
    })
  })

  describe('what a template began and left', () => {
    test.each([
      ['single-user', undefined],
      ['alternating', {}],
    ])('%s: pending written, the database changed, nothing promoted: finished with that value', async (_, admin) => {
      const { arn, username, value } = await secret({}, admin)
      const start = aws.service.beginRotation(arn)
      const user = admin ? `${username}_clone` : username
      const password = `Canary-${freshName('template')}`
      canaries.add(password)
      const { PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager')
      // json.dumps lays out differently
      const text = JSON.stringify({ ...value, username: user, password }, null, 1)
      await aws.client().send(
        new PutSecretValueCommand({
          SecretId: arn,
          ClientRequestToken: start.token,
          SecretString: text,
          VersionStages: ['AWSPENDING'],
        }),
      )
      if (admin) await server!.sql(`CREATE ROLE "${user}" LOGIN; GRANT "${username}" TO "${user}"`)
      await server!.sql(`ALTER ROLE "${user}" PASSWORD '${password}'`)
      const { handler } = world()
      for (const step of STEPS) await handler(event(step, start), lambda())
      expect(labelled(arn, 'AWSCURRENT')).toEqual({ id: start.token, value: text })
      expect(await canLogIn(user, password)).toBe(true)
    })
  })

  describe('the test-only run of RotateImmediately=false', () => {
    test.each([undefined, {}])('logs in with current and changes nothing', async admin => {
      const { arn, username, password } = await secret({}, admin)
      const start = aws.service.beginRotation(arn, undefined, { test: true })
      aws.calls.reset()
      expect(await world().handler(event('testSecret', start), lambda())).toEqual({ outcome: 'tried' })
      expect(aws.calls.list.filter(({ op }) => /^(Put|Update|Tag)/.test(op))).toEqual([])
      expect(await canLogIn(username, password)).toBe(true)
    })

    test('says when it does not work', async () => {
      const { arn } = await secret({ password: 'Canary-wrong' })
      const start = aws.service.beginRotation(arn, undefined, { test: true })
      const { code, message } = await failure(world().handler(event('testSecret', start), lambda()))
      expect([code, message]).toEqual(['auth-failed', expect.stringContaining('auth-failed in test (database): ')])
    })
  })

  describe('bad input: one clear error, nothing lost, no value in it', () => {
    const begun = async (
      steps: readonly string[],
      fields: Record<string, unknown>,
      admin?: Record<string, unknown>,
    ) => {
      const made = await secret(fields, admin)
      const start = aws.service.beginRotation(made.arn)
      const { handler } = world()
      const before = labelled(made.arn, 'AWSCURRENT')
      for (const step of steps.slice(0, -1)) await handler(event(step, start), lambda())
      const error = await failure(handler(event(steps.at(-1)!, start), lambda()))
      expect(labelled(made.arn, 'AWSCURRENT')).toEqual(before)
      return error
    }

    test.each<[string, Record<string, unknown>, string]>([
      ['no engine', { engine: undefined }, "no field 'engine'"],
      ['another engine', { engine: 'oracle' }, "'engine'"],
      ['no host', { host: undefined }, "'host'"],
      ['no username', { username: undefined }, "'username'"],
      ['no password', { password: undefined }, "'password'"],
      ['a port that is none', { port: 'Canary-port' }, "'port'"],
      ['an admin that is none', { masterarn: ['Canary-arn'] }, "'masterarn'"],
    ])('%s', async (_, fields, says) => {
      const { code, message } = await begun(['createSecret'], fields)
      expect([code, message]).toEqual(['value-unsuitable', expect.stringContaining(says)])
    })

    test.each(['Canary {not json', '"Canary"', '["Canary"]', ''])('not JSON, or no object: %s', async text => {
      const { arn } = aws.service.createSecret({ name: freshName('app'), value: text || ' ' })
      const start = aws.service.beginRotation(arn)
      const { code } = await failure(world().handler(event('createSecret', start), lambda()))
      expect(code).toBe('value-unsuitable')
    })

    test('a binary secret', async () => {
      const { CreateSecretCommand } = await import('@aws-sdk/client-secrets-manager')
      const name = freshName('binary')
      const SecretBinary = Buffer.from('Canary-binary')
      const { ARN } = await aws.client().send(new CreateSecretCommand({ Name: name, SecretBinary }))
      const start = aws.service.beginRotation(ARN!)
      const { code, message } = await failure(world().handler(event('createSecret', start), lambda()))
      expect([code, message]).toEqual(['value-unsuitable', expect.stringContaining('binary')])
    })

    test('a value of 64 KiB has no room for a longer password', async () => {
      const { arn, value } = await secret()
      const text = JSON.stringify({ ...value, notes: '' })
      aws.service.putAsPerson(arn, JSON.stringify({ ...value, notes: 'n'.repeat(65_536 - text.length) }))
      const start = aws.service.beginRotation(arn)
      const handler = world({ PASSWORD_LENGTH: '128' }).handler
      const { code, message } = await failure(handler(event('createSecret', start), lambda()))
      expect([code, message]).toEqual(['value-unsuitable', expect.stringContaining('65536 bytes')])
    })

    test('an admin secret of another host', async () => {
      const { code } = await begun(['createSecret', 'setSecret'], {}, { host: 'localhost' })
      expect(code).toBe('identity-mismatch')
    })

    test('an admin secret that is gone', async () => {
      const { code, message } = await begun(['createSecret', 'setSecret'], {
        masterarn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:gone-a1b2c3',
      })
      expect([code, message]).toEqual(['secret-not-found', expect.stringContaining('secret:gone-a1b2c3')])
    })

    test.each(['host', 'username'])('%s of current changed after createSecret', async field => {
      const { arn, value } = await secret()
      const start = aws.service.beginRotation(arn)
      const { handler } = world()
      await handler(event('createSecret', start), lambda())
      aws.service.putAsPerson(arn, JSON.stringify({ ...value, [field]: 'localhost' }))
      for (const step of ['setSecret', 'finishSecret'])
        expect((await failure(handler(event(step, start), lambda()))).code).toMatch(
          /^(stale|conflict|identity-mismatch)$/,
        )
      expect(current(arn)[field]).toBe('localhost')
    })

    test('a database that cannot be reached', async () => {
      // nobody listens there; a port that was free a moment ago may have become somebody's
      const { code, message } = await begun(STEPS, { port: 1 })
      expect(code).toBe('target-unreachable')
      expect(message).toMatch(/nothing about the password.*VPC/)
      expect(message).not.toMatch(/refused the login|wrong password/)
    })

    test('an event of another service', async () => {
      const { handler, lines } = world()
      const error = await failure(handler({ Records: [{ body: 'Canary-event' }] }, lambda()))
      expect([error.code, error.message]).toEqual(['refused', expect.stringContaining('not one of Secrets Manager')])
      expect(lines).toEqual([expect.objectContaining({ level: 'ERROR', code: 'refused', requestId: 'request-1' })])
    })

    test('a setting that is none', async () => {
      const { arn } = await secret()
      const start = aws.service.beginRotation(arn)
      for (const env of [
        { LOCKSTEP_STRATEGEY: 'x' },
        { PASSWORD_LENGTH: 'Canary-length' },
        { LOCKSTEP_CA_FILE: '/none' },
      ]) {
        const step = 'LOCKSTEP_CA_FILE' in env ? 'finishSecret' : 'createSecret'
        if (step === 'finishSecret') await world().handler(event('createSecret', start), lambda())
        const { code, message } = await failure(world(env).handler(event(step, start), lambda()))
        expect([code, message]).toEqual(['config-invalid', expect.stringContaining(Object.keys(env)[0]!)])
      }
    })
  })

  describe('time', () => {
    test('too little for finishSecret: not begun, with advice; nothing has changed', async () => {
      const { arn, username, password } = await secret()
      const { handler, lines } = world()
      const { start } = await rotate(handler, arn, STEPS.slice(0, 3))
      const { code, message } = await failure(handler(event('finishSecret', start), lambda(3000)))
      expect([code, message]).toEqual(['no-time', expect.stringContaining('time-out of 30 s or more')])
      expect(await canLogIn(username, password)).toBe(true)
      expect(lines.find(({ level }) => level === 'WARN')?.message).toContain('30 s')
      expect(await handler(event('finishSecret', start), lambda())).toEqual({ outcome: 'done' })
    })

    test.each(STEPS)('runs out in %s: stops before Lambda does, and the next invocation goes on', async step => {
      for (const admin of [undefined, {}]) {
        const { arn } = await secret({}, admin)
        const { handler } = world()
        const { start } = await rotate(handler, arn, STEPS.slice(0, STEPS.indexOf(step)))
        const end = aws.faults.every('*', { latencyMs: 4000 })
        const context = lambda(1500)
        const { code, message } = await failure(handler(event(step, start), context))
        end()
        expect(code).toBe('store-unavailable')
        expect(message).toMatch(/VPC.*time-out of 30 s or more; this invocation had \d s/)
        expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0)
        for (const each of STEPS) await handler(event(each, start), lambda())
        expect(labelled(arn, 'AWSCURRENT').id).toBe(start.token)
      }
    })
  })

  describe('what is written', () => {
    test('lines that can be queried, valid metrics, the audit trail', async () => {
      const { arn, name } = await secret()
      const { handler, lines } = world({ LOCKSTEP_ENVIRONMENT: 'staging' })
      const { start } = await rotate(handler, arn)
      const plain = lines.filter(({ outcome }) => outcome)
      expect(plain).toHaveLength(4)
      for (const line of plain)
        expect(line).toMatchObject({
          level: 'INFO',
          timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
          requestId: 'request-1',
          secret: name,
          step: expect.stringMatching(/^(create|set|test|finish)$/),
          rotation: start.token,
          durationMs: expect.any(Number),
          strategy: 'single-user',
        })
      const metrics = lines.filter(({ _aws }) => _aws).map(line => checkEmf(line))
      for (const each of metrics)
        expect(each).toMatchObject({ SecretName: name, Environment: 'staging', Strategy: 'single-user' })
      expect(
        metrics.map(({ RotationAttempts, RotationSuccess, PendingRotation }) => [
          RotationAttempts,
          RotationSuccess,
          PendingRotation,
        ]),
      ).toEqual([
        [1, undefined, 1],
        [undefined, undefined, 1],
        [undefined, undefined, 1],
        [undefined, 1, 0],
      ])
      const [{ SecretAge: before }, , , { SecretAge: after, RotationDuration }] = metrics as Record<
        string,
        number
      >[] as [Record<string, number>, unknown, unknown, Record<string, number>]
      expect([before! >= 0 && before! < 0.01, after, RotationDuration! > 0]).toEqual([true, 0, true])
      const audited = lines.filter(({ event_type }) => event_type)
      expect(audited.map(({ event_type }) => event_type)).toEqual(['rotation_started', 'secret_rotated'])
      expect(audited[1]).toMatchObject({
        schema: 1,
        secret_id: name,
        secret_version: { new: start.token },
        actor: { user_id: 'secretsmanager.amazonaws.com' },
        metadata: { rotation_type: 'event', strategy: 'single-user' },
      })
    })

    test('the age of a secret is in days, the time of a rotation in milliseconds', async () => {
      const { arn } = await secret()
      const day = 24 * HOUR
      const { handler, lines } = world({}, later(3 * day))
      await rotate(handler, arn)
      const [create, , , finish] = lines.filter(({ _aws }) => _aws) as Record<string, number>[]
      expect(create!.SecretAge).toBeCloseTo(3, 1)
      expect(finish!.RotationDuration! / day).toBeCloseTo(3, 1)
    })

    test('a failure: an error line, an audit event, a metric; name, code, step and advice in what is thrown', async () => {
      const { arn } = await secret({ password: 'Canary-not-it' })
      const { handler, lines } = world()
      const { start } = await rotate(handler, arn, STEPS.slice(0, 3))
      const error = await failure(handler(event('finishSecret', start), lambda()))
      expect(error.message).toMatch(/^[a-z-]+ in finish( \(\w+\))?: .* Next: .+/)
      expect(error.stack).toBe(`LockstepError: ${error.message}`)
      expect(lines.at(-2)).toMatchObject({ level: 'ERROR', code: error.code, step: 'finish', next: expect.any(String) })
      expect(checkEmf(lines.at(-1))).toMatchObject({ RotationSuccess: 0, PendingRotation: 1 })
      expect(lines.find(({ event_type }) => event_type === 'rotation_failed')).toMatchObject({
        level: 'ERROR',
        metadata: { error_code: error.code },
      })
    })

    test('that a line cannot be written afterwards does not undo the step', async () => {
      const { arn } = await secret()
      const start = aws.service.beginRotation(arn)
      const handler = createHandler({
        env: { LOCKSTEP_CA_FILE: caFile },
        clock: systemClock,
        write: line => (line.includes('audit:') ? Promise.resolve() : Promise.reject(new Error('EPIPE'))),
        client: async () => aws.client(),
        rds: DEAD,
      })
      for (const step of STEPS) expect(await handler(event(step, start), lambda())).toEqual({ outcome: 'done' })
    })
  })

  test('and of all values of this file, none was written or thrown', () => {
    expect(canaries.size).toBeGreaterThan(30)
    expect(output.length).toBeGreaterThan(200)
    const said = output.join('\n')
    for (const value of canaries)
      for (const form of [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
        Buffer.from(value).toString('base64'),
      ])
        expect(said.includes(form), 'a value was shown').toBe(false)
    expect(said).not.toContain('Canary')
  })
})
