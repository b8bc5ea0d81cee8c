/**
 * The functions over the fake of Secret Manager, without sockets, on a clock that moves when told to. Targets are modules, in memory:
 * whoever has the password that was set last logs in.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadConfig } from '../../core/config/load.ts'
import type { GcpStoreConfig } from '../../core/config/types.ts'
import { Workshop } from '../../core/functions/workshop.ts'
import type { WorkItem, WorkQueue } from '../../core/ports/work-queue.ts'
import { openFunctionStore } from '../../gcp/function-store.ts'
import { createFunctions, type Functions } from '../../gcp/functions.ts'
import type { Request } from '../../gcp/http.ts'
import { targetModule } from '../aws/fleet-support.ts'
import { createSecretManager } from '../fakes/gcp/secret-manager.ts'
import { message, push } from './events.ts'
import { ManualClock } from './support.ts'

export const DAY = 86_400_000
export const TOPIC = 'projects/test-project/topics/secret-events'

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-functions-'))
writeFileSync(path.join(folder, 'target.mjs'), targetModule)

let places = 0

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> | undefined
}

export class FunctionPlace {
  readonly clock = new ManualClock()
  readonly fake = createSecretManager({ now: () => ++this.clock.time, sleep: async () => {} })
  readonly lines: Record<string, unknown>[] = []
  readonly queued: WorkItem[] = []
  readonly functions: Functions
  /** Of the login, which no other place has. */
  readonly user = `app-${++places}`
  queueFails = false

  /** `queue`: one of this place's own, or that. */
  constructor({
    queue = false,
    project = this.fake.projectId,
  }: { queue?: boolean | WorkQueue; project?: string } = {}) {
    const text = `version: 1
stores: { g: { kind: gcp, project: '${project}', readBy: latest } }
audit: [{ kind: stdout }]
defaults: { interval: 30d, grace: 1h, runLife: 1m }
secrets: { app: { id: app-db, strategy: single-user, target: { kind: module, module: ./target.mjs } } }
`
    const config = loadConfig(text, { fileName: path.join(folder, 'lockstep.yml') })
    const open = (store: GcpStoreConfig) =>
      openFunctionStore(store, this.clock, async () => this.fake.inProcessClient())
    const workshop = new Workshop({
      config,
      clock: this.clock,
      open: store => open(store as GcpStoreConfig),
      engines: () => import('../../core/targets/engines.ts'),
    })
    this.functions = createFunctions({
      workshop: async () => workshop,
      clock: this.clock,
      write: async line => void this.lines.push(JSON.parse(line)),
      environment: 'test',
      queue: queue === true ? { send: async items => this.#take(items) } : queue || undefined,
      timeout: 60_000,
      project: () => this.fake.projectId,
    })
    const value = JSON.stringify({ username: this.user, password: 'first' })
    this.fake.service.createSecret({ id: 'app-db', value, topics: [TOPIC] })
  }

  #take(items: readonly WorkItem[]): void {
    if (this.queueFails) throw new Error('no queue')
    this.queued.push(...items)
  }

  get versions(): number {
    return this.fake.service.peek('app-db').versions.size
  }

  /** Over HTTP, as the framework hands it over. */
  async call(
    name: 'rotate' | 'sweep' | 'worker',
    body?: unknown,
    headers: Record<string, string> = {},
    method = 'POST',
  ) {
    const answer: { status: number; body: Record<string, unknown> | undefined } = { status: 0, body: undefined }
    const response = {
      status(code: number) {
        answer.status = code
        return response
      },
      json(sent: object) {
        answer.body = sent as Record<string, unknown>
      },
      end: () => undefined,
    }
    const request: Request = { method, body, get: header => headers[header] }
    await this.functions[name](request, response)
    return answer as Answer
  }

  /** What Pub/Sub pushes for an item. */
  work(item: unknown) {
    const data = Buffer.from(typeof item === 'string' ? item : JSON.stringify(item)).toString('base64')
    return this.call('worker', push({ data, messageId: '1' }))
  }

  /** A schedule of Secret Manager asks, at this moment. */
  rotateEvent(attributes: object = {}): object {
    const { projectNumber } = this.fake
    const timestamp = new Date(this.clock.time).toISOString()
    const sent = message({ secretId: `projects/${projectNumber}/secrets/app-db`, timestamp, ...attributes })
    return { type: 'google.cloud.pubsub.topic.v1.messagePublished', data: push(sent) }
  }
}
