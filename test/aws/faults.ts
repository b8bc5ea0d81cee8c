/**
 * Rotations that something goes wrong in: driven to their end as the service would, with the promises looked at after every
 * invocation.
 * @module
 */
import { expect } from 'vitest'
import { createClient } from '../../aws/client.ts'
import { createHandler } from '../../aws/handler.ts'
import { systemClock } from '../../core/ports/clock.ts'
import type { Lambda } from '../fakes/aws/lambda.ts'
import { type DrivenRotation, driveStarted, type Invoke, type RotationOptions } from '../fakes/aws/rotation-driver.ts'
import { inProcess } from '../fakes/aws/rotation-function.ts'
import { type FakeSecretsManager, type Fault, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import type { Postgres } from '../stand/postgres.ts'
import { startProxy, type TcpProxy } from '../stand/proxy.ts'
import { afterEnd, afterKill, type Strategy, type Trial } from '../torture/aws/promises.ts'
import { currentOf } from '../torture/aws/secrets.ts'
import type { Breach } from '../torture/promises.ts'
import { contents, createAdminSecret, createLogin, databaseValue, type Login } from './bundle-run.ts'

export const STRATEGIES = ['single-user', 'alternating-users'] as const
export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const

export interface Rotated extends DrivenRotation {
  /** What the failed invocations said, by code: `busy`, `Sandbox.Timedout`. */
  readonly failures: readonly string[]
  readonly secret: string
}

let count = 0

/** A Secrets Manager and a way to the server, which may both fail; a secret is made for each rotation. */
export class Faulty {
  readonly server: Postgres
  readonly fake: FakeSecretsManager
  readonly proxy: TcpProxy
  /** Every value that there ever was. */
  readonly values = new Set<string>()
  readonly #master: string

  private constructor(server: Postgres, fake: FakeSecretsManager, proxy: TcpProxy) {
    this.server = server
    this.fake = fake
    this.proxy = proxy
    this.#master = createAdminSecret(fake, server, { port: proxy.port })
    this.values.add(server.adminPassword)
  }

  static async open(server: Postgres): Promise<Faulty> {
    return new Faulty(server, await startSecretsManager(), await startProxy(server))
  }

  async close(): Promise<void> {
    await this.proxy.stop()
    await this.fake.close()
  }

  /** Its login is new at the server. */
  async secret(
    strategy: Strategy,
    more: Parameters<typeof databaseValue>[2] = {},
  ): Promise<{ id: string; login: Login }> {
    const id = `${strategy}-${++count}`
    const login = await createLogin(this.server, { username: `faulty${count}`, password: `Canary"/${count}+first` })
    this.values.add(login.password)
    const where = {
      port: this.proxy.port,
      ...(strategy === 'alternating-users' && { masterarn: this.#master }),
      ...more,
    }
    this.fake.service.createSecret({ name: id, value: databaseValue(this.server, login, where), rotation: {} })
    return { id, login }
  }

  /** To its end, and no promise was broken on the way. */
  async converges(strategy: Strategy, invoke: Invoke, options: RotationOptions = {}): Promise<Rotated> {
    const { id } = await this.secret(strategy)
    const { fake, server } = this
    const start = fake.service.beginRotation(id, options.token)
    const trial: Trial = { server, fake, secret: id, strategy, token: start.token, before: currentOf(fake, id) }
    const breaches: Breach[] = []
    const watched: Invoke = async event => {
      const answer = await invoke(event)
      breaches.push(...(await afterKill(trial)).breaches)
      return answer
    }
    const driven = await driveStarted(fake, start, watched, { attempts: 6, ...options })
    const failures = driven.calls.flatMap(({ answer }) =>
      answer.ok ? [] : [codeOf(answer.errorType, answer.errorMessage)],
    )
    const ended = (await afterEnd(trial, [])).filter(({ promise }) => promise !== 'unrecorded')
    for (const { value } of contents(fake, id).versions.values())
      if (value) this.values.add((JSON.parse(value) as Login).password)
    expect([driven.outcome, ...breaches, ...ended], driven.failure?.errorMessage).toEqual(['succeeded'])
    return { ...driven, failures, secret: id }
  }

  /** From the nth request on of those that are made after this, so many end with the fault. Answers how many have. */
  failFrom(nth: number, fault: Fault, times = 1): () => number {
    const { faults } = this.fake
    const take = faults.take.bind(faults)
    let seen = 0
    let taken = 0
    faults.take = op => {
      seen++
      if (seen < nth || seen >= nth + times) return take(op)
      taken++
      return [fault]
    }
    return () => {
      faults.take = take
      return taken
    }
  }

  /** The source handler in this process, with the client that the bundle makes. */
  handler(): Invoke {
    const { endpoint } = this.fake
    const handler = createHandler({
      env: {},
      clock: systemClock,
      write: async () => {},
      client: () =>
        createClient(
          { endpoint, region: 'us-east-1' },
          { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
        ),
      rds: { instance: async () => undefined, cluster: async () => undefined },
    })
    return inProcess(handler as Parameters<typeof inProcess>[0])
  }
}

const codeOf = (type: string, message: string): string => (type === 'LockstepError' ? message.split(/[ :]/)[0]! : type)

export const encodings = (text: string): string[] => [
  text,
  Buffer.from(text).toString('base64'),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
]

/** Everything that left the function, and what others have written of it. */
export function expectNoValue(faulty: Faulty, lambda: Lambda): void {
  const places = {
    stdout: lambda.stdout(),
    stderr: lambda.stderr(),
    posted: lambda.posted.map(({ body, xray }) => `${body} ${xray}`).join('\n'),
    'log of the fake': JSON.stringify(faulty.fake.calls.list),
    'log of PostgreSQL': faulty.server.log(),
  }
  expect(faulty.values.size).toBeGreaterThan(2)
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThanOrEqual(place === 'stderr' ? 0 : 100)
    for (const value of faulty.values)
      for (const form of encodings(value)) expect(text.includes(form), `a value in ${place}`).toBe(false)
  }
}
