/**
 * What a deployment does in its life, for a checker of permissions: every function, a rollback, a replication, a fail-over; answers that
 * are lost, and runs at the same time. The target is in memory. What came of it is a list of lines.
 */
import { loadConfig } from '../../core/config/load.ts'
import type { Config, SecretConfig } from '../../core/config/types.ts'
import { RotationError, sanitise } from '../../core/errors.ts'
import type { FunctionStore, Workshop } from '../../core/functions/workshop.ts'
import type { RotationTarget } from '../../core/ports/rotation-target.ts'
import { failOver } from '../../core/replication/fail-over.ts'
import { replicate } from '../../core/replication/replicate.ts'
import { rollback, rotate } from '../../core/rotation/rotate.ts'
import type { Credential } from '../../core/secret/credential.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
const never = new AbortController().signal

export const users = (name: string): readonly [string, string] => [`${name}_a`, `${name}_b`]
export const firstValue = (name: string): string => JSON.stringify({ username: users(name)[0], password: 'first' })

export const secretText = (name: string, store: string, admin: string, more = ''): string =>
  `  ${name}: { store: ${store}, id: ${name}-db, strategy: alternating-users, users: [${users(name).join(', ')}], target: { kind: postgres, endpoints: [{ host: db.example.com, database: app }], admin: ${admin} }${more} }\n`

export const configOf = (stores: string, epochs: string, secrets: string): Config =>
  loadConfig(
    `version: 1
stores: ${stores}
epochs: ${epochs}
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 4h, runLife: 1m }
secrets:
${secrets}`,
    { fileName: '/nowhere/lockstep.yml' },
  )

export abstract class Drill {
  abstract readonly clock: { time: number; now(): number }
  abstract readonly config: Config
  abstract workshop(member?: string): Workshop<FunctionStore>
  readonly lines: string[] = []
  readonly #logins = new Map<string, string>()

  /** Answers what it came to, by the name of the step; what fails is its code. */
  async step(name: string, run: () => Promise<unknown>): Promise<void> {
    let came: unknown
    try {
      came = await run()
    } catch (thrown) {
      came = thrown instanceof Error && 'code' in thrown ? sanitise(thrown).code : String(thrown)
    }
    this.lines.push(`${name}: ${typeof came === 'string' ? came : JSON.stringify(came ?? 'done')}`)
  }

  async setup(name: string, member?: string) {
    const setup = await this.workshop(member)
      .fleet({ write: async () => {} })
      .setup(name)
    return setup
  }

  get request() {
    const actor = { user_id: 'person', user_agent: 'test' }
    return { type: 'manual', actor, deadline: this.clock.now() + HOUR, reason: 'drill' } as const
  }

  rotate = async (name: string, member?: string) =>
    (await rotate(await this.setup(name, member), { ...this.request, force: true }, never)).outcome
  rollback = async (name: string) => (await rollback(await this.setup(name), this.request, never)).outcome
  replicate = async (name: string) =>
    (await replicate(await this.setup(name), this.request, never)).map(({ standing }) => standing)
  failOver = async (name: string, to: string) => (await failOver(await this.setup(name, to), this.request, never)).to

  /** Of two at once: what each came to, in no order. */
  async both(name: string, run: () => Promise<unknown>): Promise<void> {
    await this.step(name, async () => {
      const came = await Promise.allSettled([run(), run()])
      return came.map(each => (each.status === 'fulfilled' ? String(each.value) : Object(each.reason).code)).sort()
    })
  }

  readonly engines = async () => ({
    openTarget: async ({ secret, admin }: { secret: SecretConfig; admin: (() => Promise<Credential>) | undefined }) =>
      this.#target(secret, admin),
  })

  #target(secret: SecretConfig, admin: (() => Promise<Credential>) | undefined): RotationTarget {
    const logins = this.#logins
    const holds = ({ username, password }: Credential) => (logins.get(username) ?? 'first') === password.reveal()
    return {
      kind: 'settable',
      engine: 'test',
      strategy: 'alternating-users',
      overlap: 'both-valid',
      endpoints: ['service'],
      nextUsername: ({ username }) => secret.users!.find(user => user !== username)!,
      test: async credential => {
        if (!holds(credential)) throw new RotationError('auth-failed', 'The service refused the login.')
      },
      accepts: async credential =>
        holds(credential) ? { accepted: ['service'], refused: [] } : { accepted: [], refused: ['service'] },
      examine: async () => [],
      set: async ({ pending }) => {
        await admin?.()
        logins.set(pending.username, pending.password.reveal())
      },
      end: async () => {},
    }
  }
}
