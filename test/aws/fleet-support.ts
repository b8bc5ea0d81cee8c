/**
 * Functions of a fleet over the fake of Secrets Manager, without sockets, on a clock that moves when told to. Targets are modules, in
 * memory: whoever has the password that was set last logs in.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { LambdaContext, Surroundings } from '../../aws/function.ts'
import { openAwsStore } from '../../aws/index.ts'
import type { WorkItem } from '../../core/ports/work-queue.ts'
import { createSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { ManualClock } from './support.ts'

export const MINUTE = 60_000
export const DAY = 1440 * MINUTE
export const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:sweep'
export const ROTATOR = 'arn:aws:lambda:us-east-1:123456789012:function:rotator'

const passwords = new Map<string, string>()
const TARGET = 'lockstep-test-passwords'
Object.assign(globalThis, { [TARGET]: passwords })

/** A target of one's own, as a file: it shares nothing with this process but one map, where there is one. */
export const targetModule = `
const passwords = globalThis['${TARGET}'] ?? new Map()
export function createTarget(_, { RotationError }) {
  const holds = ({ username, password }) => (passwords.get(username) ?? 'first') === password.reveal()
  const refused = () => new RotationError('auth-failed', 'The service refused the login.', { at: 'service' })
  return {
    kind: 'settable', engine: 'test', strategy: 'single-user', overlap: 'gap', endpoints: ['service'],
    nextUsername: ({ username }) => username,
    test: async credential => { if (!holds(credential)) throw refused() },
    accepts: async credential => holds(credential) ? { accepted: ['service'], refused: [] } : { accepted: [], refused: ['service'] },
    examine: async () => [],
    set: async ({ current, pending }) => {
      if (!holds(pending) && !holds(current)) throw refused()
      passwords.set(pending.username, pending.password.reveal())
    },
    end: async () => {},
  }
}
`

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-fleet-'))
writeFileSync(path.join(folder, 'target.mjs'), targetModule)

export const configText = (names: readonly string[], store = '{ kind: aws, region: us-east-1 }'): string => `version: 1
stores: { aws: ${store} }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h, runLife: 1m }
secrets:
${names.map(name => `  ${name.replaceAll('/', '-')}: { id: ${name}, strategy: single-user, target: { kind: module, module: ./target.mjs } }\n`).join('')}`

export class FleetPlace {
  readonly clock = new ManualClock()
  readonly fake = createSecretsManager({ now: () => ++this.clock.time, sleep: async () => {} })
  readonly lines: Record<string, unknown>[] = []
  readonly queued: WorkItem[] = []
  readonly names: readonly string[]
  text: string
  env: Record<string, string> = { AWS_REGION: 'us-east-1' }

  constructor(names: readonly string[]) {
    this.names = names
    this.text = configText(names)
    for (const name of names) this.fake.service.createSecret({ name, value: value(name, 'first') })
    for (const name of names) passwords.delete(name)
  }

  get surroundings(): Surroundings & { queue: () => Promise<{ send(items: readonly WorkItem[]): Promise<void> }> } {
    writeFileSync(path.join(folder, 'lockstep.yml'), this.text)
    return {
      env: this.env,
      clock: this.clock,
      write: async line => void this.lines.push(JSON.parse(line)),
      folder,
      open: ({ clock }) => openAwsStore({ clock, client: this.fake.inProcessClient({ maxAttempts: 1 }) }),
      queue: async () => ({ send: async items => void this.queued.push(...items) }),
    }
  }

  context(ms = 10 * MINUTE): LambdaContext {
    const end = this.clock.time + ms
    return {
      awsRequestId: 'request-1',
      invokedFunctionArn: FUNCTION,
      getRemainingTimeInMillis: () => end - this.clock.time,
    }
  }

  /** Secrets Manager rotates it, with a function. */
  driven(name: string): void {
    this.fake.service.createSecret({
      name,
      value: value(name, 'first'),
      rotation: { lambdaArn: ROTATOR, rules: { AutomaticallyAfterDays: 90 } },
    } as never)
  }

  current(name: string): string {
    const { versions } = this.fake.service.peek(name)
    const found = [...versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
    return (JSON.parse(found!.value!) as { password: string }).password
  }

  works = (name: string): boolean => this.current(name) === (passwords.get(name) ?? 'first')

  events = (type: string): readonly Record<string, unknown>[] => this.lines.filter(each => each.event_type === type)
}

export const value = (username: string, password: string): string => JSON.stringify({ username, password })

/** What a function throws; nothing of it may hold a value. */
export async function thrown(running: Promise<unknown>): Promise<Error & { code: string }> {
  return running.then(
    answer => {
      throw new Error(`it answered ${JSON.stringify(answer)}`)
    },
    (error: Error & { code: string }) => error,
  )
}
