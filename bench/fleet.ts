/**
 * Thousands of secrets that are all due at once: a sweep does what it has time for, the queue takes the rest, and as many workers as
 * the templates allow empty it. Adapters and clients of the clouds are real, the services are our fakes within the process, 80 ms
 * away, and time is the clock's: the counts are the same on every machine. Targets answer at once, so a real fleet asks less often.
 * @module
 */

import { Requests as AwsRequests } from '../aws/requests.ts'
import { AwsSecretStore } from '../aws/secret-store.ts'
import { Journal } from '../azure/journal.ts'
import { Requests as AzureRequests } from '../azure/requests.ts'
import { AzureSecretStore } from '../azure/secret-store.ts'
import { loadConfig } from '../core/config/load.ts'
import type { Config } from '../core/config/types.ts'
import type { Fleet, FleetStore } from '../core/fleet/fleet.ts'
import { inParallel } from '../core/fleet/pool.ts'
import { sweep } from '../core/fleet/sweep.ts'
import { wire } from '../core/fleet/wire.ts'
import { workOn } from '../core/fleet/work.ts'
import type { Call, SecretId } from '../core/ports/secret-store.ts'
import type { WorkItem } from '../core/ports/work-queue.ts'
import type { Limit } from '../core/replication/quota.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { MemoryServer, MemoryTarget } from '../core/testing/memory-target.ts'
import { Requests as GcpRequests } from '../gcp/requests.ts'
import { GcpSecretStore } from '../gcp/secret-store.ts'
import { LATENCY_MS, mostIn, PassingClock } from '../test/core/replication/quota-support.ts'
import { createSecretsManager } from '../test/fakes/aws/secrets-manager.ts'
import { createBlobStorage } from '../test/fakes/azure/blob-storage.ts'
import { createKeyVault } from '../test/fakes/azure/key-vault.ts'
import { createSecretManager } from '../test/fakes/gcp/secret-manager.ts'
import { type Result, result } from './result.ts'

const SWEEP_MS = 300_000
const DAY = 86_400_000
/** Hops of a client between two requests: time stands still meanwhile. */
const TURNS = 8
const never = new AbortController().signal

interface Asked {
  readonly op: string
  readonly at: number
}

interface Opened {
  readonly store: FleetStore & { put(id: SecretId, value: SecretValue, call: Call): Promise<unknown> }
  slowDown(): void
  forget(): void
  asked(): readonly Asked[]
}

interface Cloud {
  readonly name: string
  readonly storeText: string
  /** On AWS fewer: our fake looks for a secret among all of them, and the pace is the same. */
  readonly secrets: number
  /** How many secrets the workers of its template have in hand at once. */
  readonly atOnce: number
  open(clock: PassingClock): Opened
  readonly quotas: readonly (Limit & { readonly of: string; readonly counts: RegExp })[]
}

const journal = { url: 'https://acct.blob.core.windows.net', container: 'lockstep' }

/** The quotas are those of `core/replication/quota.ts`, and of the same pages. */
const clouds: readonly Cloud[] = [
  {
    name: 'aws',
    secrets: 3_000,
    storeText: '{ kind: aws, region: us-east-1 }',
    atOnce: 20, // five invocations, each with four secrets
    open: clock => {
      const fake = createSecretsManager({ now: () => clock.now(), sleep: ms => clock.sleep(ms, never) })
      const client = fake.inProcessClient({ credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
      return {
        store: new AwsSecretStore(new AwsRequests(client, clock), clock),
        slowDown: () => void fake.faults.every('*', { latencyMs: LATENCY_MS }),
        forget: () => fake.calls.reset(),
        asked: () => fake.calls.list,
      }
    },
    quotas: [
      { of: 'changes', counts: /^(PutSecretValue|UpdateSecretVersionStage)$/, requests: 50, per: 1_000 },
      { of: 'looks', counts: /^(DescribeSecret|GetSecretValue)$/, requests: 10_000, per: 1_000 },
    ],
  },
  {
    name: 'gcp',
    secrets: 10_000,
    storeText: '{ kind: gcp, project: project-one, readBy: { alias: current }, propagation: 1h }',
    atOnce: 5, // five instances, each with one message
    open: clock => {
      const fake = createSecretManager({ now: () => clock.now(), sleep: ms => clock.sleep(ms, never) })
      const requests = new GcpRequests(fake.inProcessClient({ token: 'test' }), clock, { project: fake.projectId })
      return {
        store: new GcpSecretStore(requests, clock, { alias: 'current' }),
        slowDown: () => void fake.faults.every('*', { latencyMs: LATENCY_MS }),
        forget: () => fake.calls.reset(),
        asked: () => fake.calls.list,
      }
    },
    quotas: [
      { of: 'changes', counts: /^(Add|Update|Create|Enable|Disable|Destroy)/, requests: 600, per: 60_000 },
      { of: 'looks', counts: /^(Get|List)/, requests: 600, per: 60_000 },
      { of: 'accesses', counts: /^Access/, requests: 90_000, per: 60_000 },
    ],
  },
  {
    name: 'azure',
    secrets: 10_000,
    storeText: `{ kind: azure, vault: 'https://kv-one.vault.azure.net', journal: { url: '${journal.url}', container: ${journal.container} } }`,
    atOnce: 6, // of one instance: a batch of four, and the next one when two are left
    open: clock => {
      const time = { now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms, never) }
      const vault = createKeyVault(time)
      const blobs = createBlobStorage({ ...time, containers: [journal.container], tokens: vault.tokens })
      const requests = new AzureRequests(vault.inProcessClient({ identity: 'test' }), clock)
      const container = blobs.inProcessClient({ identity: 'test' }).getContainerClient(journal.container)
      return {
        store: new AzureSecretStore(requests, new Journal(container, clock, requests.host), clock),
        slowDown: () => {
          for (const { faults } of [vault, blobs]) faults.every('*', { latencyMs: LATENCY_MS })
        },
        forget: () => {
          for (const { calls } of [vault, blobs]) calls.reset()
        },
        asked: () => vault.calls.list.map(({ op, time }) => ({ op, at: time })),
      }
    },
    quotas: [{ of: 'requests', counts: /./, requests: 4_000, per: 10_000 }],
  },
]

export async function fleet(): Promise<Result[]> {
  const results: Result[] = []
  for (const cloud of clouds) results.push(...(await allDue(cloud)))
  return results
}

async function allDue({ name, secrets, storeText, atOnce, open, quotas }: Cloud): Promise<Result[]> {
  const clock = new PassingClock()
  const { store, slowDown, forget, asked } = open(clock)
  const ids = Array.from({ length: secrets }, (_, n) => `app-${String(n).padStart(5, '0')}`)
  const server = new MemoryServer(clock)
  for (const id of ids) {
    server.setPassword(id, SecretValue.of('first'))
    const value = SecretValue.of(JSON.stringify({ username: id, password: 'first' }))
    await store.put(id as SecretId, value, { signal: never, deadline: clock.now() + DAY, run: {} })
  }
  clock.time += 40 * DAY
  forget()
  slowDown()
  const all = theFleet(configOf(storeText, ids), store, server, clock)
  const request = (ms: number) => {
    const actor = { user_id: 'scheduler', user_agent: 'lockstep/bench' }
    return { type: 'scheduled', actor, deadline: clock.now() + ms } as const
  }
  const items: WorkItem[] = []
  const began = clock.time
  const queue = { send: async (more: readonly WorkItem[]) => void items.push(...more) }
  const work = async () => {
    const swept = await sweep(all, { request: request(SWEEP_MS), signal: never, queue })
    const atSweep = { rotated: swept.outcomes.rotated ?? 0, seconds: (clock.time - began) / 1_000 }
    await inParallel(items, atOnce, async ({ secret, do: what }) => {
      const outcome = await workOn(all, secret, what, request(SWEEP_MS), never)
      if (outcome !== 'rotated') throw new Error(`${secret}: ${outcome}`)
    })
    return atSweep
  }
  const atSweep = await clock.passing(work(), undefined, TURNS)
  if (atSweep.rotated + items.length !== secrets) throw new Error(`${name}: not every secret was rotated.`)
  const what = `${name} (fake), ${secrets.toLocaleString('en')} secrets due at once`
  return [
    result(`${what}: rotated by the sweep`, atSweep.rotated, `in ${atSweep.seconds.toFixed(0)} s`),
    result(`${what}: rotated by its ${atOnce} workers`, items.length, ''),
    result(`${what}: takes, by the clock`, (clock.time - began) / 60_000, 'min'),
    result(`${what}: requests per rotation`, asked().length / secrets, ''),
    ...quotas.map(({ of, counts, requests, per }) => {
      const times = asked()
        .filter(({ op }) => counts.test(op))
        .map(({ at }) => at)
        .toSorted((a, b) => a - b)
      const row = `${what}: ${of} in any ${per / 1_000} s, of ${requests.toLocaleString('en')}`
      return result(row, mostIn(times, per), '', requests)
    }),
  ]
}

function theFleet(config: Config, store: FleetStore, server: MemoryServer, clock: PassingClock): Fleet {
  let passwords = 0
  return {
    config,
    clock,
    register: () => {
      throw new Error('nobody has followers here')
    },
    store: async () => store,
    setup: async name => ({
      ...(await wire(
        config,
        name,
        {
          store: async () => store,
          target: async ({ id }) => new MemoryTarget({ server, strategy: 'single-user', users: [id] }),
          audit: () => ({ write: async () => {} }),
        },
        clock,
      )),
      generate: () => SecretValue.of(`password-${++passwords}`),
    }),
  }
}

const configOf = (storeText: string, ids: readonly string[]): Config =>
  loadConfig(
    `version: 1
stores: { cloud: ${storeText} }
audit: [{ kind: stderr }]
defaults: { interval: 30d, grace: 1d }
secrets:
${ids.map(id => `  ${id}: { strategy: single-user, user: ${id}, target: { kind: module, module: ./m.mjs } }\n`).join('')}`,
    { fileName: 'lockstep.yml' },
  )
