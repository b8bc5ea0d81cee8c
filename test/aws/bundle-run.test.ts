/**
 * The built bundle in place of AWS's templates, under AWS's runtime client: what a rotation costs, and every way in which the service
 * may call it. The fake of Secrets Manager is ours, PostgreSQL 18 is real.
 * Planted: a second look in `finish`, a login in `create`, `create_secret` unknown, plaintext where `ssl` is absent: each failed here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, test } from 'vitest'
import { startLambda } from '../fakes/aws/lambda.ts'
import { type DrivenRotation, driveRotation, type Invoke, type RotationOptions } from '../fakes/aws/rotation-driver.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { type Postgres, startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { accepts } from '../torture/aws/consumer.ts'
import { builtBundle, contents, createLogin, databaseValue, type Where } from './bundle-run.ts'

const conf = { log_connections: 'on' }
const plain = requireServer(await startPostgres({ conf }))
const tls = requireServer(await startPostgres({ conf, tls: true }))
const fake = await startSecretsManager()
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-ca-'))
writeFileSync(path.join(folder, 'ca.pem'), tls?.tls?.ca ?? '')
const lambda = requireServer(
  await startLambda({
    bundle: await builtBundle(),
    env: { SECRETS_MANAGER_ENDPOINT: fake.endpoint, LOCKSTEP_CA_FILE: path.join(folder, 'ca.pem') },
    timeoutMs: 30_000,
  }),
)
const invoke: Invoke = event => lambda!.invoke(event)
afterAll(async () => {
  await lambda?.close()
  await Promise.all([fake.close(), plain?.stop(), tls?.stop()])
  rmSync(folder, { recursive: true })
})

const STRATEGIES = ['single-user', 'alternating-users'] as const
type Strategy = (typeof STRATEGIES)[number]
let count = 0

async function secret(server: Postgres, strategy: Strategy, { ssl, ...where }: Where = {}) {
  const name = `drop-in-${++count}`
  const login = await createLogin(server, { username: `dropin${count}`, password: `first-${count}` })
  const master = { username: 'postgres', password: server.adminPassword }
  const masterarn =
    strategy === 'alternating-users'
      ? fake.service.createSecret({ name: `${name}-admin`, value: databaseValue(server, master, { ssl }) }).arn
      : undefined
  const value = databaseValue(server, login, { ssl, ...where, ...(masterarn && { masterarn }) })
  fake.service.createSecret({ name, value, rotation: {} })
  return { name, login, value }
}

const current = (name: string): string => {
  const { holder, value } = contents(fake, name)
  return value(holder('AWSCURRENT'))!
}

const logins = (server: Postgres) => ({
  accepted: server.log().split('application_name=lockstep').length - 1,
  refused: server.log().split('password authentication failed').length - 1,
})

async function rotated(server: Postgres, name: string, options: RotationOptions = {}): Promise<DrivenRotation> {
  const before = current(name)
  const driven = await driveRotation(fake, name, invoke, options)
  expect([driven.outcome, driven.failure]).toEqual(['succeeded', undefined])
  expect(contents(fake, name).holder('AWSCURRENT')).toBe(driven.token)
  expect(current(name)).not.toBe(before)
  expect(await accepts(server, current(name))).toBe(true)
  return driven
}

describe.skipIf(!plain || !tls || !lambda)('the bundle in place of the templates', () => {
  test.each([
    ['single-user', 8, 2],
    ['alternating-users', 9, 3],
  ] as const)('%s: %i requests, %i logins, none refused', async (strategy, requests, accepted) => {
    const { name, login, value } = await secret(plain!, strategy, { ssl: false })
    const before = logins(plain!)
    fake.calls.reset()
    await driveRotation(fake, name, invoke, { attempts: 1 })
    const after = logins(plain!)
    expect(fake.calls.count()).toBe(requests)
    expect([after.accepted - before.accepted, after.refused - before.refused]).toEqual([accepted, 0])
    const alternating = strategy === 'alternating-users'
    const { username, password, ...rest } = JSON.parse(current(name))
    expect(username).toBe(alternating ? `${login.username}_clone` : login.username)
    expect({ ...rest, ...login }).toEqual(JSON.parse(value))
    expect(await accepts(plain!, current(name))).toBe(true)
    expect(await accepts(plain!, value)).toBe(alternating)
    expect(password).toHaveLength(32)
  })

  describe.each(STRATEGIES)('%s', strategy => {
    test.each<RotationOptions>([
      { spelling: 'create_secret' },
      { delivery: 'twice' },
      { delivery: 'two at once' },
      { pendingAfter: 'removed' },
      {
        steps: () => [
          'createSecret',
          'createSecret',
          'setSecret',
          'createSecret',
          'testSecret',
          'setSecret',
          'finishSecret',
        ],
      },
      {
        steps: () => [
          'createSecret',
          'setSecret',
          'testSecret',
          'finishSecret',
          'setSecret',
          'createSecret',
          'finishSecret',
        ],
      },
    ])('%j', async options => {
      const { name } = await secret(plain!, strategy, { ssl: false })
      await rotated(plain!, name, { attempts: 1, ...options })
    })

    test('steps that come before their turn fail, and change nothing', async () => {
      const { name, value } = await secret(plain!, strategy, { ssl: false })
      const steps = ['finishSecret', 'testSecret', 'setSecret'] as const
      for (const step of steps) {
        const { token, outcome, failure } = await driveRotation(fake, name, invoke, {
          attempts: 1,
          steps: () => [step],
          token: `${name}-${step}`.padEnd(32, '-'),
        })
        const shown = step === 'testSecret' ? ['succeeded', undefined] : ['failed', 'LockstepError']
        expect([outcome, failure?.errorType], step).toEqual(shown)
        expect(current(name)).toBe(value)
        expect(await accepts(plain!, value)).toBe(true)
        const from = { SecretId: name, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }
        const { UpdateSecretVersionStageCommand } = await import('@aws-sdk/client-secrets-manager')
        await fake.client().send(new UpdateSecretVersionStageCommand(from))
      }
      await rotated(plain!, name)
    })

    test.each(['empty', 'copy of current'] as const)(
      'RotateImmediately=false, on a version that is %s',
      async testOnly => {
        const { name, value } = await secret(plain!, strategy, { ssl: false })
        const before = logins(plain!)
        const { outcome, calls } = await driveRotation(fake, name, invoke, { testOnly, attempts: 1 })
        expect([outcome, calls.length]).toEqual(['succeeded', 1])
        expect(logins(plain!)).toEqual({ accepted: before.accepted + 1, refused: before.refused })
        expect(current(name)).toBe(value)
        expect(await accepts(plain!, value)).toBe(true)
        await rotated(plain!, name)
      },
    )

    test.each([false, true])(
      'a rotation that a template began and left; the database had changed: %s',
      async changed => {
        const { name, value, login } = await secret(plain!, strategy, { ssl: false })
        const username = strategy === 'alternating-users' ? `${login.username}_clone` : login.username
        const { token } = fake.service.beginRotation(name)
        const left = JSON.stringify({ ...JSON.parse(value), username, password: 'by the template' }, undefined, 1)
        const put = { SecretId: name, ClientRequestToken: token, SecretString: left, VersionStages: ['AWSPENDING'] }
        await fake.client().send(new PutSecretValueCommand(put))
        if (username !== login.username)
          await plain!.sql(`CREATE ROLE ${username} LOGIN; GRANT ${login.username} TO ${username}`)
        if (changed) await plain!.sql(`ALTER ROLE ${username} PASSWORD 'by the template'`)
        await rotated(plain!, name, { token, attempts: 1 })
        expect(current(name)).toBe(left)
      },
    )

    test.each<[string | boolean | undefined, 'plain' | 'tls']>([
      [false, 'plain'],
      ['false', 'plain'],
      [false, 'tls'],
      [undefined, 'tls'],
      [true, 'tls'],
      ['true', 'tls'],
    ])('ssl %j on a server of %s', async (ssl, kind) => {
      const server = kind === 'tls' ? tls! : plain!
      const { name } = await secret(server, strategy, { ssl })
      const before = server.log().length
      await rotated(server, name, { attempts: 1 })
      const connected = server
        .log()
        .slice(before)
        .match(/connection authorized: .*application_name=lockstep.*/g)!
      const encrypted = connected.filter(line => line.includes('SSL enabled'))
      expect(encrypted).toHaveLength(ssl === false || ssl === 'false' ? 0 : connected.length)
    })

    test.each([undefined, true])(
      'ssl %j on a server without TLS: refused, never in plaintext; nothing has changed',
      async ssl => {
        const { name, value } = await secret(plain!, strategy, { ssl })
        const before = logins(plain!)
        const { outcome, failure } = await driveRotation(fake, name, invoke, { attempts: 2 })
        expect([outcome, failure?.errorMessage]).toEqual([
          'failed',
          expect.stringMatching(/^tls-failed in (set|finish)/),
        ])
        expect(logins(plain!)).toEqual(before)
        expect(current(name)).toBe(value)
        expect(await accepts(plain!, value)).toBe(true)
      },
    )
  })
})
