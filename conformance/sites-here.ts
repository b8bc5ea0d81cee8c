/**
 * The sites that need nobody: in memory, in a file, and our own fakes of the clouds.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call, SecretId, SecretStore, SecretVersion } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { MemoryStore } from '../core/testing/memory-store.ts'
import type { StoreFixture } from '../core/testing/store-conformance.ts'
import { createKeyFile, openLocalStore } from '../local/index.ts'
import { Place as AwsPlace } from '../test/aws/support.ts'
import { Place as AzurePlace } from '../test/azure/support.ts'
import { byAlias, Place as GcpPlace } from '../test/gcp/support.ts'
import { nothingToClose, type Site } from './site.ts'

class ManualClock {
  time = Date.UTC(2030, 0, 1)

  now(): number {
    return this.time
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms
  }
}

const moving = (clock: { time: number }) => ({
  now: () => clock.time,
  advance: (ms: number) => {
    clock.time += ms
  },
})

const memory: Site = {
  store: 'memory',
  server: 'memory',
  label: 'memory',
  without: ['denied', 'setBack', 'deadline'],
  open: async () => ({
    close: nothingToClose,
    async make() {
      const clock = new ManualClock()
      const store = new MemoryStore(clock)
      return {
        store,
        ...moving(clock),
        seed: async (id, value) => store.seed(id, value),
        edit: async (id, value) => store.edit(id, value),
        second: () => store,
        records: () => store.events,
      }
    },
  }),
}

const local: Site = {
  store: 'local',
  server: 'file',
  label: 'real',
  // Denial is met when the file is opened.
  without: ['denied'],
  open: async () => ({ make: localFixture, close: nothingToClose }),
}

async function localFixture(): Promise<StoreFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-conformance-'))
  const key = { file: join(folder, 'key') }
  createKeyFile(key.file)
  const clock = new ManualClock()
  const opened: { close(): void }[] = []
  const open = async () => {
    const store = await openLocalStore({ file: join(folder, 'store.db'), key, clock, create: true })
    opened.push(store)
    return store
  }
  const store = await open()
  return {
    ...withPut(store, () => clock.time),
    ...moving(clock),
    setBack: ms => {
      clock.time -= ms
    },
    second: open,
    records: () => store.audit.events(),
    close() {
      for (const each of opened) each.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface Writable extends SecretStore {
  put(id: SecretId, value: SecretValue, call: Call): Promise<SecretVersion>
}

/** Seeding and editing are what `put` does. */
export function withPut(store: Writable, now: () => number): Pick<StoreFixture, 'store' | 'seed' | 'edit'> {
  const put = (id: string, value: SecretValue) =>
    store.put(id, value, { signal: new AbortController().signal, deadline: now() + 60_000, run: {} })
  return { store, seed: put, edit: put }
}

/** A fake in this process: a state machine behind the official client, on a clock that is moved. */
interface FakePlace {
  readonly clock: { time: number }
}

interface Denying {
  readonly permissions: { denyAction(caller: string, action: string): void }
}

function onFake<P extends FakePlace>(
  site: Pick<Site, 'store' | 'mode'>,
  place: () => P,
  denying: (place: P) => readonly Denying[],
  store: (place: P, caller: string) => Writable,
): Site {
  return {
    ...site,
    server: 'our fake',
    label: 'fake',
    without: ['setBack', 'records'],
    open: async () => ({
      close: nothingToClose,
      async make() {
        const at = place()
        for (const { permissions } of denying(at)) permissions.denyAction('denied', '*')
        return {
          ...withPut(store(at, 'test'), () => at.clock.time),
          ...moving(at.clock),
          second: () => store(at, 'test'),
          denied: store(at, 'denied'),
        }
      },
    }),
  }
}

export const sitesHere: readonly Site[] = [
  memory,
  local,
  onFake(
    { store: 'aws' },
    () => new AwsPlace(),
    ({ fake }) => [fake],
    (place, caller) => place.store(caller),
  ),
  onFake(
    { store: 'gcp', mode: 'latest' },
    () => new GcpPlace(),
    ({ fake }) => [fake],
    (place, caller) => place.store('latest', caller),
  ),
  onFake(
    { store: 'gcp', mode: 'alias' },
    () => new GcpPlace(),
    ({ fake }) => [fake],
    (place, caller) => place.store(byAlias, caller),
  ),
  onFake(
    { store: 'azure' },
    () => new AzurePlace(),
    ({ vault, blobs }) => [vault, blobs],
    (place, caller) => place.store(caller),
  ),
]
