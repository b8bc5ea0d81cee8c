/**
 * Takes secrets from their stores and hands them over, as often as they have changed. Each time is on record, as every value that
 * leaves a store by a command is.
 * @module
 */
import type { Call } from '../../core/ports/secret-store.ts'
import type { Session } from '../session.ts'
import { type PrivateFiles, variables } from './hand-over.ts'
import { changed, type Held, namesOf, read } from './held.ts'
import type { Change } from './supervise.ts'
import type { Wanted } from './wanted.ts'

const PATIENCE_MS = 30_000

export class Taking {
  readonly #session: Session
  readonly #all: readonly Wanted[]
  readonly #files: PrivateFiles | undefined
  #held: readonly Held[] = []

  constructor(session: Session, all: readonly Wanted[], files: PrivateFiles | undefined) {
    this.#session = session
    this.#all = all
    this.#files = files
  }

  /** What has changed since the last time, handed over; undefined: nothing. Rejects: nothing was, and the next time tries again. */
  async take(signal: AbortSignal): Promise<Change | undefined> {
    const { workspace, io } = this.#session
    const call: Call = { signal, deadline: io.clock.now() + PATIENCE_MS, run: {} }
    const now = await read(workspace, this.#all, call)
    const news = changed(this.#held, now)
    if (news.length === 0) return undefined
    const env = variables(io.env, workspace.config, now, this.#files?.folder)
    await this.#record(news)
    signal.throwIfAborted()
    this.#files?.write(news)
    this.#held = now
    return { env, names: namesOf(news) }
  }

  async #record(news: readonly Held[]): Promise<void> {
    const { workspace, actor, io } = this.#session
    const places = new Map(
      news.map(({ wanted: { place }, version }) => [`${place.store} ${place.id}`, { place, version }]),
    )
    for (const { place, version } of places.values())
      await workspace.audit(await workspace.store(place.store)).write({
        schema: 1,
        timestamp: new Date(io.clock.now()).toISOString(),
        event_type: 'secret_read',
        secret_id: place.name,
        secret_version: { new: version },
        actor,
        result: 'success',
        duration_ms: 0,
        metadata: { rotation_type: 'manual', reason: 'handed to a program' },
      })
  }
}
