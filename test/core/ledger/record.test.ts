/** The record by itself: a store that is nothing but a record and a map of versions keeps the whole contract. */
import { describe, expect, it, test } from 'vitest'
import { RotationError } from '../../../core/errors.ts'
import {
  claimed,
  discarded,
  emptyLedger,
  type Ledger,
  noted,
  parseLedger,
  pinned,
  promoted,
  requirePinnable,
  requirePromotable,
  retired,
  rotationOf,
  stateOf,
  writeLedger,
} from '../../../core/ledger/record.ts'
import type { Call, SecretStore, SecretVersion, VersionId } from '../../../core/ports/secret-store.ts'
import type { SecretValue } from '../../../core/secret/secret-value.ts'
import { type StoreFixture, storeConformance } from '../../../core/testing/store-conformance.ts'

interface Kept {
  text: string | undefined
  revision: number
  current: { version: VersionId; since: number }
  readonly values: Map<VersionId, SecretValue>
}

function recordStore(clock: { time: number }, secrets: Map<string, Kept>): SecretStore & { put: StoreFixture['seed'] } {
  const seen = new WeakMap<object, Map<string, number>>()
  const open = ({ signal, deadline }: Call) => {
    if (signal.aborted) throw new RotationError('aborted', 'Interrupted.')
    if (deadline < clock.time) throw new RotationError('no-time', 'Too late.')
  }
  const kept = (id: string): Kept => {
    const found = secrets.get(id)
    if (!found) throw new RotationError('secret-not-found', 'No such secret.')
    return found
  }
  const ledgerOf = (id: string): Ledger => parseLedger(kept(id).text, id)
  const requireSeen = (id: string, { run }: Call) => {
    if (seen.get(run)?.get(id) !== kept(id).revision) throw new RotationError('stale', 'Not as described.')
  }
  const write = (id: string, ledger: Ledger, call: Call) => {
    const upToDate = seen.get(call.run)?.get(id) === kept(id).revision
    kept(id).text = writeLedger(ledger)
    kept(id).revision++
    if (upToDate) seen.get(call.run)!.set(id, kept(id).revision)
  }
  const versionOf = (id: string, version: VersionId): SecretVersion | undefined => {
    const value = secrets.get(id)?.values.get(version)
    const rotation = value && rotationOf(ledgerOf(id), version)
    return value && { version, value, ...(rotation && { rotation }) }
  }
  const add = (id: string, value: SecretValue): VersionId => {
    const version = `v${kept(id).values.size + 1}` as VersionId
    kept(id).values.set(version, value)
    return version
  }
  return {
    name: 'record',
    capabilities: { publish: 'fenced', maxValueBytes: 65_536, records: false },
    async describe(id, call) {
      open(call)
      const secret = secrets.get(id)
      if (!secret) return undefined
      seen.set(call.run, (seen.get(call.run) ?? new Map()).set(id, secret.revision))
      return stateOf(ledgerOf(id), secret.current)
    },
    async read(id, which, call) {
      open(call)
      if (typeof which === 'string') return versionOf(id, which)
      const { pending } = secrets.has(id) ? ledgerOf(id) : emptyLedger
      return pending?.rotation === which.pending ? versionOf(id, pending.version) : undefined
    },
    async unlabelled(id, limit, call) {
      open(call)
      const { previous, pending } = ledgerOf(id)
      const staged = [kept(id).current.version, previous, pending?.version]
      const versions = [...kept(id).values.keys()].reverse().filter(version => !staged.includes(version))
      return versions.slice(0, limit).map(version => versionOf(id, version)!)
    },
    async putPending(id, draft, call) {
      open(call)
      if (draft.value.byteLength > 65_536) throw new RotationError('value-unsuitable', 'Too large.')
      const ledger = ledgerOf(id)
      if (ledger.pending?.rotation !== draft.rotation) {
        requirePinnable(ledger, draft, kept(id).current.version)
        const { rotation, base } = draft
        write(id, pinned(ledger, { rotation, base, version: add(id, draft.value), since: clock.time }), call)
      }
      return versionOf(id, ledgerOf(id).pending!.version)!
    },
    async promote(id, move, call) {
      open(call)
      const ledger = ledgerOf(id)
      const { current } = kept(id)
      if (ledger.left?.rotation === move.rotation && ledger.left.version === current.version)
        return { version: current.version, already: true }
      const entry = requirePromotable(ledger, move, current.version)
      write(id, promoted(ledger, entry, entry.version, move.request, clock.time), call)
      kept(id).current = { version: entry.version, since: clock.time }
      return { version: entry.version, already: false }
    },
    async discardPending(id, rotation, call) {
      open(call)
      if (ledgerOf(id).pending?.rotation !== rotation) return
      requireSeen(id, call)
      write(id, discarded(ledgerOf(id), rotation), call)
    },
    async claimRetire(id, previous, staleAfter, call) {
      open(call)
      holders.set(call.run, holders.get(call.run) ?? String(Math.random()))
      const holder = holders.get(call.run)!
      write(id, claimed(ledgerOf(id), { previous, holder, staleAfter, now: clock.time }), call)
    },
    async retirePrevious(id, previous, call) {
      open(call)
      write(id, retired(ledgerOf(id), previous), call)
    },
    async note(id, change, call) {
      open(call)
      requireSeen(id, call)
      write(id, noted(ledgerOf(id), change), call)
    },
    async *list({ prefix = '' }, call) {
      open(call)
      for (const id of secrets.keys()) {
        const { pending, retiring } = ledgerOf(id)
        if (id.startsWith(prefix)) yield { id, inFlight: pending !== undefined || retiring !== undefined }
      }
    },
    async put(id: string, value: SecretValue) {
      if (!secrets.has(id))
        secrets.set(id, { text: undefined, revision: 0, current: undefined as never, values: new Map() })
      kept(id).current = { version: add(id, value), since: clock.time }
      kept(id).revision++
    },
  }
}

const holders = new WeakMap<object, string>()

async function fixture(): Promise<StoreFixture> {
  const clock = { time: Date.UTC(2030, 0, 1) }
  const secrets = new Map<string, Kept>()
  const store = recordStore(clock, secrets)
  return {
    store,
    now: () => clock.time,
    advance: ms => {
      clock.time += ms
    },
    setBack: ms => {
      clock.time -= ms
    },
    seed: store.put,
    edit: store.put,
    second: () => recordStore(clock, secrets),
  }
}

describe('the record keeps the contract', () => {
  for (const { name, run } of storeConformance(fixture, { without: ['denied', 'records'] })) it(name, run)
})

describe('its text', () => {
  test('comes back as it was written', () => {
    const rotation = 'ls-1' as never
    const full = noted(
      pinned(emptyLedger, { rotation, version: 'v2' as VersionId, base: 'v1' as VersionId, since: 1 }),
      {
        attempts: 2,
        halted: 'why',
        epoch: 3,
        setAt: 4,
        promotedAt: 5,
        issuing: { rotation, since: 6, keys: ['a'] },
      },
    )
    expect(parseLedger(writeLedger(full), 'app')).toEqual(full)
  })

  test.each(['', 'null', '[]', '{}', '{"lockstep":2,"ended":[]}', '{"lockstep":1}', 'not json'])(
    'that cannot be understood is left alone: %s',
    text => expect(() => parseLedger(text, 'app')).toThrow(expect.objectContaining({ code: 'store-corrupt' })),
  )

  test('stays small however many rotations there were', () => {
    let ledger = emptyLedger
    for (let n = 0; n < 1_000; n++) {
      const rotation = `ls-${String(n).padStart(40, '0')}` as never
      const entry = { rotation, version: `v${n + 1}` as VersionId, base: `v${n}` as VersionId, since: n }
      ledger =
        n % 3
          ? promoted(pinned(ledger, entry), entry, entry.version, undefined, n)
          : discarded(pinned(ledger, entry), rotation)
    }
    expect(writeLedger(ledger).length).toBeLessThan(2_000)
  })
})
