/**
 * A person's hand on a secret: creating it, or editing current. Rotations see the edit as an anomaly or a conflict.
 * @module
 */
import { userInfo } from 'node:os'
import type { AuditEvent } from '../core/audit/event.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { Call, SecretId, SecretVersion } from '../core/ports/secret-store.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { appendEvent } from './audit-sink.ts'
import type { Database } from './database.ts'
import type { Ledger } from './ledger.ts'

const CREATE = `
  INSERT INTO secrets (id, revision, latest, generation, attempts, epoch) VALUES (?, 1, ?, 0, 0, 0)`
const TOUCH = 'UPDATE secrets SET revision = revision + 1, latest = ? WHERE id = ?'

/** `ifAbsent`, and there is one: nothing, and undefined. */
export function personsPut(
  database: Database,
  ledger: Ledger,
  put: { readonly id: SecretId; readonly value: SecretValue; readonly ifAbsent: true },
  call: Call,
): Promise<SecretVersion | undefined>
export function personsPut(
  database: Database,
  ledger: Ledger,
  put: { readonly id: SecretId; readonly value: SecretValue },
  call: Call,
): Promise<SecretVersion>
export function personsPut(
  database: Database,
  ledger: Ledger,
  put: { readonly id: SecretId; readonly value: SecretValue; readonly ifAbsent?: true },
  call: Call,
): Promise<SecretVersion | undefined> {
  const { id, value, ifAbsent } = put
  return database.write(call, () => {
    const old = ledger.find(id)
    if (old && ifAbsent) return undefined
    const { early, late } = ledger.stamps(old)
    if (old) ledger.restage(id, old.current, null, late)
    if (old) database.sql(TOUCH).run(late, id)
    else database.sql(CREATE).run(id, late)
    const version = ledger.insert(id, { value }, 'current', early, early)
    const versions = { ...(old && { old: old.current }), new: version.version }
    const record = call.record ?? putEvent(id, early)
    appendEvent(database, { ...record, secret_version: { ...versions, ...record.secret_version } })
    return version
  })
}

function putEvent(id: SecretId, at: Instant): AuditEvent {
  return {
    schema: 1,
    timestamp: new Date(at).toISOString(),
    event_type: 'secret_created',
    secret_id: id,
    secret_version: {},
    actor: { user_id: userInfo().username, user_agent: 'lockstep/local' },
    result: 'success',
    duration_ms: 0,
    metadata: { rotation_type: 'manual' },
  }
}
