/**
 * What the function in place of AWS's templates does for every engine: the suite that each engine's test runs against a real server. The
 * fake of Secrets Manager is ours; steps run in this process, and once in the built bundle under AWS's runtime client.
 */
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, test } from 'vitest'
import { createHandler } from '../../aws/handler.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { startLambda } from '../fakes/aws/lambda.ts'
import { type DrivenRotation, driveRotation, type RotationOptions } from '../fakes/aws/rotation-driver.ts'
import { inProcess } from '../fakes/aws/rotation-function.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { requireServer } from '../stand/stand.ts'
import { builtBundle, contents, type Login } from './bundle-run.ts'

export type Strategy = 'single-user' | 'alternating-users' | 'dual-password'

export interface EngineStand {
  /** As the value names it. */
  readonly engine: string
  readonly host: string
  readonly port: number
  readonly admin: Login
  /** PEM file of the server's authority. */
  readonly caFile: string
  readonly strategies: readonly Strategy[]
  /** A login that may work in the database, which must exist already; what it may do is what a clone has to be given. */
  createLogin(login: Login): Promise<void>
  /** As the template makes it, without rights, or makes its password another one. */
  setByTemplate(login: Login): Promise<void>
  /** Logs in, and works as the application does. Refused: false. */
  works(login: Login): Promise<boolean>
}

const HOUR = 3_600_000
/** The four actions of the page are enough, whatever a rotation has to look for. */
const ACTIONS = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']
const ROLE = { accessKeyId: 'role-of-the-function', secretAccessKey: 'none' }
const later = (ms: number): Clock => ({ now: () => Date.now() + ms, sleep: async () => {} })
let count = 0

export async function dropInSuite(stand: EngineStand, fields: object = {}): Promise<void> {
  const fake = await startSecretsManager()
  afterAll(() => fake.close())
  fake.permissions.grant(ROLE.accessKeyId, ACTIONS)
  const lines: string[] = []
  const place = { engine: stand.engine, host: stand.host, port: stand.port, ...fields }

  async function secret(strategy: Strategy) {
    const name = `${stand.engine}-${++count}`
    const login = { username: `dropin${process.pid}_${count}`, password: `Canary-first-${count}` }
    await stand.createLogin(login)
    const admin = { ...place, ...stand.admin }
    const masterarn =
      strategy === 'single-user'
        ? {}
        : { masterarn: fake.service.createSecret({ name: `${name}-admin`, value: JSON.stringify(admin) }).arn }
    const value = JSON.stringify({ ...place, ...login, ...masterarn, note: 'kept' })
    fake.service.createSecret({ name, value, rotation: {} })
    return { name, login, value }
  }

  const envOf = (strategy: Strategy) => ({ LOCKSTEP_CA_FILE: stand.caFile, LOCKSTEP_STRATEGY: strategy })
  const handled = (strategy: Strategy, clock: Clock) =>
    inProcess(
      createHandler({
        env: envOf(strategy),
        clock,
        write: async line => void lines.push(line),
        client: async () => fake.client({ credentials: ROLE }),
        rds: { instance: async () => undefined, cluster: async () => undefined },
      }),
    )

  const current = (name: string): string => {
    const { holder, value } = contents(fake, name)
    return value(holder('AWSCURRENT'))!
  }
  const loginIn = (value: string): Login => JSON.parse(value)

  async function rotated(name: string, strategy: Strategy, options: RotationOptions = {}, hours = 0) {
    const driven: DrivenRotation = await driveRotation(fake, name, handled(strategy, later(hours * HOUR)), {
      attempts: 1,
      ...options,
    })
    expect([driven.outcome, driven.failure]).toEqual(['succeeded', undefined])
    expect(contents(fake, name).holder('AWSCURRENT')).toBe(driven.token)
    const now = loginIn(current(name))
    expect(await stand.works(now)).toBe(true)
    return now
  }

  describe.each(stand.strategies)('%s', strategy => {
    const clone = ({ username }: Login) => (strategy === 'alternating-users' ? `${username}_clone` : username)

    test('four rotations: who works before and after, and nothing else in the value changes', async () => {
      const { name, login, value } = await secret(strategy)
      let before: Login = login
      for (let turn = 0; turn < 4; turn++) {
        const now = await rotated(name, strategy, {}, turn * 3)
        expect(now.username).toBe(turn % 2 === 0 ? clone(login) : login.username)
        expect(await stand.works(before)).toBe(strategy !== 'single-user')
        // overwritten by the next one, after its grace
        if (turn > 0) expect(await stand.works(login), 'the first').toBe(false)
        before = now
      }
      const { username: _, password: __, ...rest } = JSON.parse(current(name))
      const { username: ___, password: ____, ...kept } = JSON.parse(value)
      expect(rest).toEqual(kept)
    })

    test.each([false, true])(
      'a rotation that a template began and left is finished; the database had changed: %s',
      async changed => {
        const { name, value, login } = await secret(strategy)
        const left = { username: clone(login), password: 'Canary-by-the-template' }
        const { token } = fake.service.beginRotation(name)
        const text = JSON.stringify({ ...JSON.parse(value), ...left }, undefined, 1)
        await fake.client().send(
          new PutSecretValueCommand({
            SecretId: name,
            ClientRequestToken: token,
            SecretString: text,
            VersionStages: ['AWSPENDING'],
          }),
        )
        if (changed) await stand.setByTemplate(left)
        await rotated(name, strategy, { token })
        expect(current(name)).toBe(text)
      },
    )

    test('RotateImmediately=false changes nothing, and says whether the login works', async () => {
      const { name, value, login } = await secret(strategy)
      const invoke = handled(strategy, later(0))
      const tried = await driveRotation(fake, name, invoke, { testOnly: 'empty', attempts: 1 })
      expect([tried.outcome, tried.calls.length]).toEqual(['succeeded', 1])
      expect(current(name)).toBe(value)
      expect(await stand.works(login)).toBe(true)
      await stand.setByTemplate({ ...login, password: 'Canary-somebody-elses' })
      const refused = await driveRotation(fake, name, invoke, { testOnly: 'empty', attempts: 1 })
      expect([refused.outcome, refused.failure?.errorMessage]).toEqual([
        'failed',
        expect.stringMatching(/^auth-failed/),
      ])
    })

    test('the built bundle, under the runtime client', async () => {
      const { name, login } = await secret(strategy)
      const env = { ...envOf(strategy), SECRETS_MANAGER_ENDPOINT: fake.endpoint }
      const lambda = requireServer(await startLambda({ bundle: await builtBundle(), env, timeoutMs: 30_000 }))
      if (lambda === undefined) return
      try {
        const driven = await driveRotation(fake, name, event => lambda.invoke(event), { attempts: 1 })
        expect([driven.outcome, driven.failure]).toEqual(['succeeded', undefined])
        const now = loginIn(current(name))
        expect([now.username, await stand.works(now)]).toEqual([clone(login), true])
        expect(lambda.stdout() + lambda.stderr()).not.toContain('Canary')
      } finally {
        await lambda.close()
      }
    })
  })

  test('no line of the log holds a value', () => {
    expect(lines.length).toBeGreaterThan(20)
    expect(lines.join('\n')).not.toContain('Canary')
  })
}
