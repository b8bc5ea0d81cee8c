/**
 * From a resolved configuration and a secret's name to what one rotation needs. No adapter and no engine is known here: whoever
 * calls opens stores and targets, the command line as well as a function of a cloud.
 * @module
 */
import { readFileSync } from 'node:fs'
import { didYouMean } from '../config/nearest.ts'
import type { AdminConfig, Config, SecretConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Clock, Duration } from '../ports/clock.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { Call, SecretId, SecretStore, SecretVersion } from '../ports/secret-store.ts'
import type { RotationPolicy, RotationSetup } from '../rotation/setup.ts'
import type { Credential } from '../secret/credential.ts'
import { generatePassword } from '../secret/generate.ts'
import { valueShape } from '../secret/shape.ts'

/** Of a run, what set, test, promote and undo may take at most. */
const CUTOVER: Duration = 10_000

export interface Openers<Store extends SecretStore> {
  /** By its name in the configuration. */
  store(name: string): Promise<Store>
  target(secret: SecretConfig): Promise<RotationTarget>
  audit(store: Store): AuditSink
}

/** The secret with everything it needs. Unknown name: `usage`. Nothing is connected yet. */
export async function wire<Store extends SecretStore>(
  config: Config,
  name: string,
  openers: Openers<Store>,
  clock: Clock,
): Promise<RotationSetup> {
  const secret = secretOf(config, name)
  const store = await openers.store(secret.store)
  return {
    secret: name,
    id: secret.id,
    store,
    target: await openers.target(secret),
    shape: valueShape(secret.value, secret.user),
    policy: policyOf(secret),
    clock,
    audit: openers.audit(store),
    generate: () => generatePassword(secret.password),
  }
}

export function secretOf(config: Config, name: string): SecretConfig {
  const secret = config.secrets.get(name)
  if (secret) return secret
  const known = [...config.secrets.keys()]
  const few = known.length > 10 ? `${known.length} others` : known.join(', ') || 'none'
  const message = `No secret is called ${name}${didYouMean(name, known)} (configured: ${few})`
  throw new RotationError('usage', message, { secret: name, next: '`lockstep status` lists them.' })
}

export function policyOf(secret: SecretConfig): RotationPolicy {
  const { interval, window, grace, consumers, runLife, replicaLag, settle, retryBudget, idleSessions, manual } = secret
  const { propagation } = secret
  return {
    ...(interval !== undefined && { interval }),
    ...(window && { window }),
    cutover: Math.min(CUTOVER, runLife / 2),
    ...{ grace, consumers, propagation, runLife, replicaLag, settle, retryBudget, idleSessions, manual },
  }
}

/** What every target of a strategy has in common: enough for the pure plans, without waking the target. */
export const kindOf = ({ strategy }: SecretConfig): Pick<RotationTarget, 'strategy' | 'overlap' | 'kind'> => ({
  strategy,
  overlap: strategy === 'single-user' ? 'gap' : 'both-valid',
  kind: strategy === 'issue-then-revoke' ? 'issuing' : 'settable',
})

/** The admin's login, from current of its secret. Absent or disabled: `secret-not-found`. */
export async function adminLogin(
  store: { get(id: SecretId, call: Call): Promise<SecretVersion | undefined> },
  { store: name, id, value, user }: AdminConfig,
  clock: Clock,
): Promise<Credential> {
  const call: Call = { signal: new AbortController().signal, deadline: clock.now() + CUTOVER, run: {} }
  const current = await store.get(id, call)
  if (!current || current.value === 'disabled')
    throw new RotationError('secret-not-found', `The store ${name} has no admin secret ${id}.`, { at: id })
  return valueShape(value, user).read(current.value)
}

/** A file that the configuration names. Unreadable: `config-invalid`. */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new RotationError('config-invalid', `The ${what} ${file} cannot be read.`, { at: file })
  }
}
