/**
 * The functions over the fakes of Key Vault and Blob storage, without sockets, on a clock that moves when told to. Targets are modules,
 * in memory: whoever has the password that was set last logs in.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openFunctionStore } from '../../azure/function-store.ts'
import { createFunctions, type Functions } from '../../azure/functions.ts'
import type { Context } from '../../azure/log.ts'
import { loadConfig } from '../../core/config/load.ts'
import type { AzureStoreConfig } from '../../core/config/types.ts'
import { Workshop } from '../../core/functions/workshop.ts'
import type { WorkItem, WorkQueue } from '../../core/ports/work-queue.ts'
import { targetModule } from '../aws/fleet-support.ts'
import { CONTAINER, Place } from './support.ts'

export const DAY = 86_400_000

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-functions-'))
writeFileSync(path.join(folder, 'target.mjs'), targetModule)

let places = 0

export class FunctionPlace extends Place {
  readonly lines: Record<string, unknown>[] = []
  readonly queued: WorkItem[] = []
  readonly functions: Functions
  /** Of the login, which no other place has. */
  readonly user = `azure-app-${++places}`
  queueFails = false
  readonly context: Context = {
    invocationId: '11111111-2222-3333-4444-555555555555',
    functionName: 'test',
    info: text => this.#line('info', text),
    warn: text => this.#line('warn', text),
    error: text => this.#line('error', text),
  }

  /** `queue`: one of this place's own, or that. */
  constructor({ queue = false }: { queue?: boolean | WorkQueue } = {}) {
    super()
    const journal = `{ url: '${this.blobs.url}', container: ${CONTAINER} }`
    const text = `version: 1
stores: { a: { kind: azure, vault: '${this.vault.vaultUrl}', journal: ${journal} } }
audit: [{ kind: stdout }]
defaults: { interval: 365d, grace: 1h, runLife: 1m }
secrets: { app: { id: App-DB, strategy: single-user, target: { kind: module, module: ./target.mjs } } }
`
    const config = loadConfig(text, { fileName: path.join(folder, 'lockstep.yml') })
    const secrets = this.vault.inProcessClient({ retryOptions: { maxRetries: 0 } })
    const container = this.blobs.inProcessClient().getContainerClient(CONTAINER)
    const open = (store: AzureStoreConfig) => openFunctionStore(store, this.clock, async () => ({ secrets, container }))
    const workshop = new Workshop({
      config,
      clock: this.clock,
      open: store => open(store as AzureStoreConfig),
      engines: () => import('../../core/targets/engines.ts'),
    })
    this.functions = createFunctions({
      workshop: async () => workshop,
      clock: this.clock,
      environment: 'test',
      queue: queue === true ? { send: async items => this.#take(items) } : queue || undefined,
      timeout: 60_000,
    })
    this.edit('App-DB', JSON.stringify({ username: this.user, password: 'first' }), {
      exp: Math.floor((this.clock.time + 90 * DAY) / 1000),
    })
  }

  #line(method: string, text: string): void {
    this.lines.push({ method, ...JSON.parse(text) })
  }

  #take(items: readonly WorkItem[]): void {
    if (this.queueFails) throw new Error('no queue')
    this.queued.push(...items)
  }

  get versions(): number {
    return this.vault.service.peek('App-DB').versions.size
  }

  get writes(): number {
    return this.vault.calls.count('SetSecret') + this.vault.calls.count('UpdateSecret')
  }

  order(body: unknown) {
    return this.functions.rotate(
      { text: async () => (typeof body === 'string' ? body : JSON.stringify(body)) },
      this.context,
    )
  }

  onEvent(event: unknown): Promise<void> {
    return this.functions.onNearExpiry(event, this.context)
  }
}
