/**
 * One strategy of one engine: rotated again and again by the real engine, while sixty clients use the secret.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '../../core/ports/clock.ts'
import type { RotationPolicy, RotationSetup } from '../../core/rotation/setup.ts'
import { defaultPolicy, generatePassword } from '../../core/secret/generate.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { defaultFields } from '../../core/secret/shape-json.ts'
import { storeCall } from '../../demo/playground.ts'
import { retireWhenAllowed, rotateWhenAllowed } from '../../demo/request.ts'
import { createKeyFile, type LocalStore, openLocalStore } from '../../local/index.ts'
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
/** Rotations keep it apart, and no run may last longer. */
const RUN_LIFE = 1_000

export const policy: RotationPolicy = {
  grace: GRACE,
  consumers: [{ name: 'clients', kind: 'other', refresh: CACHE, connectRetry: GRACE - CACHE }],
  runLife: RUN_LIFE,
  cutover: RUN_LIFE / 2,
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
  const server = await (await opener(what.engine))(what.strategy)
  if (!server) return undefined
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-downtime-'))
  const at = { file: path.join(folder, 'store.db'), key: path.join(folder, 'store.key') }
  createKeyFile(at.key)
  const store = await openLocalStore({ file: at.file, key: { file: at.key }, clock: systemClock, create: true })
  try {
    return await rowsOf(what, server, store, at)
  } finally {
    store.close()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function rowsOf(
  { engine, label, strategy, consumers, rotations, policy: more }: Measuring,
  { host, port, version, target, first }: Server,
  store: LocalStore,
  at: { readonly file: string; readonly key: string },
): Promise<readonly Row[]> {
  const { username, password } = first
  const value = JSON.stringify({ host, port, username, password: password.reveal() })
  await store.put(SECRET, SecretValue.of(value), storeCall())
  const setup: RotationSetup = {
    ...{ secret: SECRET, id: SECRET, store, target, clock: systemClock, audit: store.audit },
    shape: valueShape({ format: 'json', fields: defaultFields }),
    generate: () => generatePassword(defaultPolicy),
    policy: { ...policy, ...more },
  }
  const order = { engine, at: { host, port }, consumers, store: at, secret: SECRET }
  const counts = await watched(order, () => rotateAll(setup, rotations))
  const { overlap } = target
  return counts.map(({ consumer, queries, failedQueries, longestGapMs, slowestQueryMs }) => {
    const which = { engine, label, version, strategy, overlap, consumer, rotations }
    return { ...which, queries, failedQueries, longestGapMs, slowestQueryMs }
  })
}

/** Each is followed by its retirement, the last one too. */
async function rotateAll(setup: RotationSetup, rotations: number): Promise<void> {
  for (let done = 0; done < rotations; done++) {
    const { outcome } = await rotateWhenAllowed(setup)
    if (outcome !== 'rotated') throw new Error(`Expected a rotation, got ${outcome}.`)
  }
  if (setup.target.overlap === 'both-valid') await retireWhenAllowed(setup)
}
