/**
 * A lane's own Secrets Manager, and the secrets in it that are rotated.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { contents, createAdminSecret, createDatabase, createLogin, DAY, databaseValue } from '../../aws/bundle-run.ts'
import { type FakeSecretsManager, startSecretsManager } from '../../fakes/aws/secrets-manager.ts'
import type { Postgres } from '../../stand/postgres.ts'
import type { TcpProxy } from '../../stand/proxy.ts'
import type { Strategy } from './promises.ts'

export interface Tortured {
  readonly secret: string
  readonly strategy: Strategy
}

export const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'

/**
 * Far behind, so that no rotation is too recent for the next one; `pass` lets an hour go by, because a secret may not have more than
 * a hundred versions of one day.
 */
export async function startFake(): Promise<{ readonly fake: FakeSecretsManager; pass(): void }> {
  let behind = 1000 * DAY
  const fake = await startSecretsManager({ now: () => Date.now() - behind })
  return {
    fake,
    pass: () => {
      behind -= DAY / 24
    },
  }
}

/** Two secrets of either kind in a database of their own. A single user changes itself through the proxy. */
export async function furnish(
  fake: FakeSecretsManager,
  server: Postgres,
  { port }: TcpProxy,
  lane: number,
): Promise<Tortured[]> {
  const dbname = `lane${lane}`
  await createDatabase(server, dbname)
  const masterarn = createAdminSecret(fake, server)
  const made: Tortured[] = []
  for (const strategy of ['single-user', 'alternating-users'] as const)
    for (const n of [1, 2]) {
      const secret = `${strategy}-${n}`
      const username = `lane${lane}_${strategy.split('-')[0]}${n}`
      const login = await createLogin(server, { username, password: randomBytes(12).toString('hex') })
      const value = databaseValue(server, login, {
        dbname,
        ...(strategy === 'alternating-users' ? { masterarn } : { port }),
      })
      fake.service.createSecret({ name: secret, value, rotation: { lambdaArn: FUNCTION } })
      made.push({ secret, strategy })
    }
  return made
}

export function currentOf(
  fake: FakeSecretsManager,
  secret: string,
): { readonly version: string; readonly value: string } {
  const { holder, value } = contents(fake, secret)
  const version = holder('AWSCURRENT')!
  return { version, value: value(version)! }
}

let edits = 0

/** A person adds something to what is current; the login stays. */
export function edit(fake: FakeSecretsManager, secret: string): void {
  const { value } = currentOf(fake, secret)
  fake.service.putAsPerson(secret, JSON.stringify({ ...JSON.parse(value), note: `edit ${++edits}` }))
}
