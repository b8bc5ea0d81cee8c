/**
 * Store files in folders of their own, and a clock that a test moves.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Clock, Instant } from '../../core/ports/clock.ts'
import type { Call, RotationId, SecretVersion } from '../../core/ports/secret-store.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { createKeyFile, type LocalStore, openLocalStore } from '../../local/index.ts'

/** Time passes only when somebody sleeps or a test moves it. */
export class ManualClock implements Clock {
  time: Instant = Date.UTC(2026, 0, 1)

  now(): Instant {
    return this.time
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.time += ms
    // Other processes and timers of the test get their turn.
    await new Promise(resolve => setImmediate(resolve))
    signal.throwIfAborted()
  }
}

export const value = (text: string): SecretValue => SecretValue.of(text)
export const rotation = (name: string): RotationId => name as RotationId

/** `toEqual` on two SecretValues always holds: they have no properties. */
export const textOf = (version: SecretVersion | undefined): string | undefined =>
  version && (version.value === 'disabled' ? 'disabled' : version.value.reveal())

/** A folder with a key file and the place for a store file; gone when the test ends. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'lockstep-local-'))
  readonly file = join(this.folder, 'store.db')
  readonly keyFile = join(this.folder, 'key')
  readonly clock = new ManualClock()
  readonly #stores: LocalStore[] = []

  constructor() {
    createKeyFile(this.keyFile)
  }

  async open(more: Partial<Parameters<typeof openLocalStore>[0]> = {}): Promise<LocalStore> {
    const { file, clock, keyFile } = this
    const store = await openLocalStore({ file, clock, key: { file: keyFile }, create: true, ...more })
    this.#stores.push(store)
    return store
  }

  call(more: Partial<Call> = {}): Call {
    return { signal: new AbortController().signal, deadline: this.clock.now() + 10_000, run: {}, ...more }
  }

  remove(): void {
    for (const store of this.#stores) store.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Within a test file: a place that its `afterEach` removes. */
export function places(): () => Place {
  const made: Place[] = []
  afterEach(() => {
    for (const place of made.splice(0)) place.remove()
  })
  return () => {
    const place = new Place()
    made.push(place)
    return place
  }
}
