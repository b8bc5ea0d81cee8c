/**
 * The register as one secret per replicated secret, in any store that refuses late promotions. Two who write at once bring two values
 * for one rotation, the store takes the first, and both finish it: that is the compare-and-set.
 * @module
 */
import { createHash } from 'node:crypto'
import { isRotationError, RotationError } from '../errors.ts'
import type { LeaderRecord, LeaderRegister } from '../ports/leader-register.ts'
import type { Call, SecretId, SecretState, SecretStore } from '../ports/secret-store.ts'
import { rotationId } from '../rotation/ids.ts'
import { SecretValue } from '../secret/secret-value.ts'
import { parseRecord, recordText, sameRecord } from './record.ts'

export interface RegisterStore extends SecretStore {
  /** Creates the secret. There is one already: it stays as it is. Absent method: no store for a register. */
  create?(id: SecretId, value: SecretValue, call: Call): Promise<unknown>
}

/** Under a name that every store allows; the hash keeps names apart that are spelled alike without their signs. */
export function registerId(deployment: string, secret: string): SecretId {
  const hash = createHash('sha256')
    .update(JSON.stringify([deployment, secret]))
    .digest('hex')
    .slice(0, 8)
  return `lockstep-leader-${secret.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 80)}-${hash}`
}

/** Of two who are overtaken for ever, one gives up. */
const TRIES = 5

export function storeRegister(open: () => Promise<RegisterStore>, deployment: string): LeaderRegister {
  const idOf = (secret: string): SecretId => registerId(deployment, secret)

  async function read(secret: string, call: Call): Promise<LeaderRecord | undefined> {
    const store = await open()
    const state = await store.describe(idOf(secret), call)
    return state && recordOf(store, idOf(secret), state, call)
  }

  async function create(secret: string, first: LeaderRecord, call: Call): Promise<LeaderRecord> {
    const known = await read(secret, call)
    if (known) return known
    const store = await open()
    requireFit(store)
    await store.create(idOf(secret), SecretValue.of(recordText(first)), call)
    const stands = await read(secret, { ...call, run: {} })
    if (stands) return stands
    throw new RotationError('busy', 'The store does not show the record of who leads yet.', { at: idOf(secret) })
  }

  async function swap(secret: string, was: LeaderRecord, next: LeaderRecord, call: Call): Promise<LeaderRecord> {
    const store = await open()
    requireFit(store)
    const id = idOf(secret)
    for (let tries = 0; tries < TRIES; tries++) {
      // each try looks with eyes of its own
      const fresh = { ...call, run: {} }
      const state = await store.describe(id, fresh)
      if (!state)
        throw new RotationError('secret-not-found', 'There is no record of who leads this secret.', { at: id })
      const stands = await recordOf(store, id, state, fresh)
      if (!sameRecord(stands, was) || sameRecord(stands, next)) return stands
      try {
        await write(store, id, state, next, fresh)
      } catch (error) {
        if (!isRotationError(error, 'stale', 'conflict', 'discarded')) throw error
      }
    }
    throw new RotationError('busy', 'The record of who leads keeps changing.', { at: id })
  }

  return { read, create, swap }
}

/** What publishes unconditionally, or creates over what is there, decides nothing. */
function requireFit(store: RegisterStore): asserts store is RegisterStore & Required<Pick<RegisterStore, 'create'>> {
  if (store.capabilities.publish === 'fenced' && store.create) return
  throw new RotationError('config-invalid', 'This store has no compare-and-set: it cannot say who leads.', {
    next: 'Name another one under `epochs:`.',
  })
}

/** Whoever was first: his value is finished too. */
async function write(
  store: RegisterStore,
  id: SecretId,
  state: SecretState,
  next: LeaderRecord,
  call: Call,
): Promise<void> {
  const base = state.current.version
  const rotation = state.pending?.ours ? state.pending.rotation : rotationId(id, state)
  if (state.pending?.rotation !== rotation)
    await store.putPending(id, { rotation, base, value: SecretValue.of(recordText(next)) }, call)
  await store.promote(id, { rotation, base }, call)
}

async function recordOf(
  store: RegisterStore,
  id: SecretId,
  { current, anomaly }: SecretState,
  call: Call,
): Promise<LeaderRecord> {
  if (anomaly === 'edited')
    throw new RotationError('conflict', 'The record of who leads was changed by somebody.', {
      at: id,
      next: 'Put back the version before, by the store’s own tools.',
    })
  const found = await store.read(id, current.version, call)
  if (!found) throw new RotationError('busy', 'The store does not show the record of who leads.', { at: id })
  if (found.value === 'disabled')
    throw new RotationError('refused', 'The record of who leads is disabled in its store.', { at: id })
  return parseRecord(found.value.reveal())
}
