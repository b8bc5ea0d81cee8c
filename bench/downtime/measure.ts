/**
 * One strategy of one engine: rotated again and again by the real engine, while sixty clients use the secret.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationPolicy, RotationRequest, RotationSetup } from '../../core/rotation/setup.ts'
import { defaultPolicy, generatePassword } from '../../core/secret/generate.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { defaultFields } from '../../core/secret/shape-json.ts'
import { storeCall } from '../../demo/playground.ts'
import { createKeyFile, type LocalStore, openLocalStore } from '../../local/index.ts'
import { SkippingClock } from '../../test/torture/ask.ts'
import {
  CACHE,
  type ConsumerName,
  type EngineName,
  type EngineRows,
  GRACE,
  type Row,
  type StrategyName,
} from './row.ts'
import { opener, type Server } from './server.ts'
import { watched } from './watch.ts'

const SECRET = 'app'
/**
 * No run lasts longer, and rotations keep it apart, which is skipped: nothing of a dead run can land late here. The grace is waited
 * for. As the engine's clock is ahead of the server's from then on, no session of an old login holds a retirement back: nothing but
 * the grace protects the clients.
 */
const RUN_LIFE = 60_000

export const policy: RotationPolicy = {
  grace: GRACE,
  consumers: [{ name: 'clients', kind: 'other', refresh: CACHE, connectRetry: GRACE - CACHE }],
  runLife: RUN_LIFE,
  cutover: RUN_LIFE / 6,
  replicaLag: 0,
  settle: 0,
  retryBudget: 20,
  idleSessions: 'keep',
  manual: false,
}

export interface Measuring {
  readonly engine: EngineName
  readonly label: EngineRows['label']
  readonly strategy: StrategyName
  readonly consumers: readonly ConsumerName[]
  readonly rotations: number
  /** Default: as the table's. */
  readonly policy?: Partial<RotationPolicy>
}

/** A row per consumer; all of them see the same rotations. Undefined (said on stderr): this machine cannot run the server. */
export async function measure(what: Measuring): Promise<readonly Row[] | undefined> {
  const clock = new SkippingClock()
  const server = await (await opener(what.engine))(what.strategy, clock)
  if (!server) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-downtime-'))
  const at = { file: path.join(folder, 'store.db'), key: path.join(folder, 'store.key') }
  createKeyFile(at.key)
  const store = await openLocalStore({ file: at.file, key: { file: at.key }, clock, create: true })
  try {
    return await rowsOf(what, server, { store, at, clock })
  } finally {
    store.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Kept {
  readonly store: LocalStore
  readonly at: { readonly file: string; readonly key: string }
  readonly clock: SkippingClock
}

async function rowsOf(
  { engine, label, strategy, consumers, rotations, policy: more }: Measuring,
  { host, port, version, target, first }: Server,
  { store, at, clock }: Kept,
): Promise<readonly Row[]> {
  const { username, password } = first
  const value = JSON.stringify({ host, port, username, password: password.reveal() })
  await store.put(SECRET, SecretValue.of(value), storeCall())
  const setup: RotationSetup = {
    ...{ secret: SECRET, id: SECRET, store, target, clock, audit: store.audit },
    shape: valueShape({ format: 'json', fields: defaultFields }),
    generate: () => generatePassword(defaultPolicy),
    policy: { ...policy, ...more },
  }
  const order = { engine, at: { host, port }, consumers, store: at, secret: SECRET }
  const counts = await watched(order, () => rotateAll(setup, clock, rotations))
  const { overlap } = target
  return counts.map(({ consumer, queries, failedQueries, longestGapMs, slowestQueryMs }) => {
    const which = { engine, label, version, strategy, overlap, consumer, rotations }
    return { ...which, queries, failedQueries, longestGapMs, slowestQueryMs }
  })
}

/** Each is followed by its retirement, the last one too. */
async function rotateAll(setup: RotationSetup, clock: SkippingClock, rotations: number): Promise<void> {
  const bothValid = setup.target.overlap === 'both-valid'
  for (let done = 0; done < rotations; done++) {
    const { outcome } = await rotate(setup, request(clock), never)
    if (outcome !== 'rotated') throw new Error(`Expected a rotation, got ${outcome}.`)
    await sleep(setup.policy.grace)
    if (bothValid) await retireWhenAllowed(setup, clock)
    clock.offset += setup.policy.runLife
  }
}

async function retireWhenAllowed(setup: RotationSetup, clock: SkippingClock): Promise<void> {
  for (;;) {
    const { outcome } = await retire(setup, request(clock), never)
    if (outcome === 'retired') return
    if (outcome !== 'waiting') throw new Error(`Expected a retirement, got ${outcome}.`)
    await sleep(20)
  }
}

const never = new AbortController().signal
const request = (clock: SkippingClock): RotationRequest => ({
  type: 'manual',
  actor: { user_id: 'bench', user_agent: 'lockstep/bench' },
  deadline: clock.now() + RUN_LIFE,
  force: true,
})
