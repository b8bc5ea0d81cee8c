/**
 * A real PostgreSQL, the fake of Secrets Manager, and the built rotation function under AWS's runtime client. The service's own
 * side of a rotation is played: it calls the function four times, and again with the same token when it fails.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type Lambda, type LambdaOptions, startLambda } from '../../test/fakes/aws/lambda.ts'
import {
  type DrivenRotation,
  driveRotation,
  type Invoke,
  type RotationOptions,
} from '../../test/fakes/aws/rotation-driver.ts'
import { type FakeSecretsManager, startSecretsManager } from '../../test/fakes/aws/secrets-manager.ts'
import { type Postgres, type PostgresOptions, startPostgres } from '../../test/stand/postgres.ts'
import { own, requireServer } from '../../test/stand/stand.ts'
import type { StoredLogin } from '../reading.ts'
import { uploadBundle } from './bundle.ts'

/** As the fake's call log knows the function. */
export const FUNCTION_KEY = 'rotation-function'
export const ADMIN = 'demo/admin'
const DAY = 86_400_000

export class Cloud {
  readonly server: Postgres
  readonly fake: FakeSecretsManager
  /** Where the function was uploaded to. */
  readonly bundle: string
  readonly #functions: Lambda[] = []

  private constructor(server: Postgres, fake: FakeSecretsManager, bundle: string) {
    this.server = server
    this.fake = fake
    this.bundle = bundle
  }

  /** Undefined (said on stderr): this machine cannot run the server. */
  static async open(conf?: PostgresOptions['conf']): Promise<Cloud | undefined> {
    const server = requireServer(await startPostgres(conf && { conf }))
    if (!server) return undefined
    try {
      // the keeper of the server, another user perhaps, removes it with the server
      const folder = own(mkdirSync(path.join(path.dirname(server.dataFolder), 'function'), { recursive: true })!)
      const bundle = await uploadBundle(folder)
      // a day behind: the function keeps rotations of one secret a quarter of an hour and a grace apart, by the service's dates
      const fake = await startSecretsManager({ now: () => Date.now() - DAY })
      const cloud = new Cloud(server, fake, bundle)
      await cloud.#makeAdmin()
      return cloud
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  /** A function that needs the templates' variable and nothing else. Undefined (said on stderr): it cannot be run here. */
  async function(more: Partial<LambdaOptions> = {}): Promise<Lambda | undefined> {
    const env = { SECRETS_MANAGER_ENDPOINT: this.fake.endpoint, AWS_ACCESS_KEY_ID: FUNCTION_KEY }
    const started = requireServer(await startLambda({ bundle: this.bundle, timeoutMs: 60_000, env, ...more }))
    if (started) this.#functions.push(started)
    return started
  }

  /** A login of the server, and its secret in the format that AWS documents, to be rotated by the service or not. */
  async makeSecret(
    name: string,
    strategy: 'single-user' | 'alternating-users',
    { byService = true }: { byService?: boolean } = {},
  ): Promise<string> {
    const username = name.replace(/^.*\//, '')
    const password = randomBytes(24).toString('hex')
    await this.server.sql(`SET ROLE lockstep_admin; CREATE ROLE "${username}" LOGIN PASSWORD '${password}'`)
    const admin = strategy === 'single-user' ? {} : { masterarn: ADMIN }
    this.fake.service.createSecret({
      name,
      value: JSON.stringify({ ...this.#login(username, password), ...admin }),
      ...(byService && { rotation: { lambdaArn: 'arn:aws:lambda:us-east-1:123456789012:function:rotator' } }),
    })
    return name
  }

  /** The other login of a pair, as the first rotation would make it. */
  async makeClone(username: string): Promise<void> {
    await this.server.sql(`SET ROLE lockstep_admin; CREATE ROLE "${username}_clone" LOGIN IN ROLE "${username}"`)
  }

  /** One rotation, as the service makes it. */
  rotate(secret: string, invoke: Invoke, options: RotationOptions = {}): Promise<DrivenRotation> {
    return driveRotation(this.fake, secret, invoke, options)
  }

  /** The version that bears the label, as the service has it; reading this is no call. */
  labelled(secret: string, stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'): Labelled | undefined {
    const found = [...this.fake.service.peek(secret).versions].find(([, { stages }]) => stages.includes(stage))
    return found?.[1].value === undefined ? undefined : { version: found[0], text: found[1].value }
  }

  current(secret: string): Labelled {
    return this.labelled(secret, 'AWSCURRENT')!
  }

  async close(): Promise<void> {
    for (const each of this.#functions) await each.close()
    await this.fake.close()
    await this.server.stop()
  }

  async #makeAdmin(): Promise<void> {
    const password = randomBytes(24).toString('hex')
    await this.server.sql(
      `CREATE ROLE lockstep_admin CREATEROLE LOGIN PASSWORD '${password}'; GRANT pg_read_all_stats, pg_signal_backend TO lockstep_admin`,
    )
    this.fake.service.createSecret({ name: ADMIN, value: JSON.stringify(this.#login('lockstep_admin', password)) })
  }

  #login(username: string, password: string): StoredLogin & { engine: string; ssl: boolean } {
    const { host, port } = this.server
    // loopback only
    return { engine: 'postgres', host, port, username, password, dbname: 'postgres', ssl: false }
  }
}

export interface Labelled {
  readonly version: string
  readonly text: string
}

export const loginIn = ({ text }: Labelled): StoredLogin => JSON.parse(text) as StoredLogin
