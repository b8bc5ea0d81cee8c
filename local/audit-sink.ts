/**
 * The audit trail of a store file: the events that came with changes, in the same transaction, and those that did not.
 * @module
 */
import type { AuditEvent, EventType } from '../core/audit/event.ts'
import { RotationError } from '../core/errors.ts'
import type { AuditSink } from '../core/ports/audit-sink.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { SecretId } from '../core/ports/secret-store.ts'
import type { Bounds, Database } from './database.ts'

/** `write` has no deadline of its own: how long it waits for another process. */
const PATIENCE_MS = 30_000

export interface EventFilter {
  readonly secret?: SecretId
  readonly types?: readonly EventType[]
  /** RFC 3339, UTC, inclusive. */
  readonly since?: string
  /** Only the newest so many. */
  readonly limit?: number
}

export class LocalAuditSink implements AuditSink {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async write(event: AuditEvent): Promise<void> {
    await this.#database.write(this.#bounds(), () => appendEvent(this.#database, event))
  }

  /** Oldest first. No such events: empty. A line that is no event: `store-corrupt`. */
  async events(filter: EventFilter = {}): Promise<readonly AuditEvent[]> {
    const { secret = null, types, since = null, limit = Number.MAX_SAFE_INTEGER } = filter
    const chosen = types ? JSON.stringify(types) : null
    const rows = await this.#database.read(this.#bounds(), () =>
      this.#database.sql(secret === null ? NEWEST : NEWEST_OF_SECRET).all({ secret, chosen, since, limit }),
    )
    return rows.reverse().map(row => parseEvent(String(row.event), this.#database.file))
  }

  #bounds(): Bounds {
    return { signal: never, deadline: this.#clock.now() + PATIENCE_MS }
  }
}

const never = new AbortController().signal

const MATCHING = `
  (:chosen IS NULL OR event ->> '$.event_type' IN (SELECT value FROM json_each(:chosen)))
  AND (:since IS NULL OR event ->> '$.timestamp' >= :since) ORDER BY seq DESC LIMIT :limit`
const NEWEST = `SELECT event FROM audit WHERE :secret IS NULL AND ${MATCHING}`
const NEWEST_OF_SECRET = `SELECT event FROM audit WHERE secret = :secret AND ${MATCHING}`

/** Within a transaction. */
export function appendEvent(database: Database, event: AuditEvent): void {
  database.sql('INSERT INTO audit (secret, event) VALUES (?, ?)').run(event.secret_id, JSON.stringify(event))
}

function parseEvent(line: string, at: string): AuditEvent {
  try {
    return JSON.parse(line) as AuditEvent
  } catch {
    throw new RotationError('store-corrupt', `A line of the audit trail in ${at} is not an event.`, { at })
  }
}
