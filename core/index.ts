/**
 * The public surface of the core: secrets, ports, rotation. It knows no cloud.
 * @module
 */
export type { Actor, AuditEvent, EventType, RotationType } from './audit/event.ts'
export * from './errors.ts'
export type { Consumer } from './policy/consumers.ts'
export type { MaintenanceWindow } from './policy/window.ts'
export type { AuditSink } from './ports/audit-sink.ts'
export { type Clock, type Duration, type Instant, systemClock } from './ports/clock.ts'
export type * from './ports/rotation-target.ts'
export type * from './ports/secret-store.ts'
export { type Diagnosis, type DoctorFinding, diagnose, type Repairs, repair } from './rotation/doctor/doctor.ts'
export * from './rotation/plan.ts'
export { retire, revokeNow } from './rotation/retire.ts'
export { rollback, rotate } from './rotation/rotate.ts'
export type * from './rotation/setup.ts'
export type { Credential, ValueShape } from './secret/credential.ts'
export { type FingerprintKey, fingerprint, parseKey } from './secret/fingerprint.ts'
export { defaultPolicy, generatePassword, type PasswordPolicy } from './secret/generate.ts'
export type { Loggable } from './secret/loggable.ts'
export { SecretValue } from './secret/secret-value.ts'
export { type ShapeOptions, valueShape } from './secret/shape.ts'
