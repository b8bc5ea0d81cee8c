/**
 * From a resolved configuration and a secret's name to what one rotation needs. No adapter and no engine is known here: whoever
 * calls opens stores and targets, the command line as well as a function of a cloud.
 * @module
 */
import { readFileSync } from 'node:fs'
import type { HookConfig } from '../config/hooks.ts'
import { didYouMean } from '../config/nearest.ts'
import type { Config, EngineTargetConfig, SecretConfig, StoredAdminConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { AdminTokens } from '../ports/admin-token.ts'
import type { AuditSink } from '../ports/audit-sink.ts'
import type { Clock, Duration } from '../ports/clock.ts'
import type { PromotionHook } from '../ports/promotion-hook.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import type { Call, SecretId, SecretStore, SecretVersion } from '../ports/secret-store.ts'
import { type ReplicationOpeners, wireReplication } from '../replication/wire.ts'
import type { ConsumerHook } from '../rotation/consumers.ts'
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
  /** Absent: no hook can be run from here. */
  hook?(config: HookConfig): Promise<PromotionHook>
  /** What followers need. Absent: they cannot be reached from here. */
  readonly replication?: ReplicationOpeners
}

/**
 * The secret with everything it needs. `member`: whom the setup acts for, by name; default: who leads, as the register says now.
 * Unknown name: `usage`. Without followers nothing is connected yet.
 */
export async function wire<Store extends SecretStore>(
  config: Config,
  name: string,
  openers: Openers<Store>,
  clock: Clock,
  member?: string,
): Promise<RotationSetup> {
  const secret = secretOf(config, name)
  const replicated = await wireReplication(config, secret, openers, clock, member)
  const { id, store: storeName } = replicated?.place ?? secret
  const store = await openers.store(storeName)
  return {
    secret: name,
    id,
    store,
    ...(replicated && { replication: replicated.replication }),
    target: await openers.target(secret),
    shape: valueShape(secret.value, secret.user),
    policy: policyOf(secret),
    clock,
    audit: openers.audit(store),
    generate: () => generatePassword(secret.password),
    hooks: hooksOf(secret, openers),
  }
}

const hooksOf = ({ consumers }: SecretConfig, openers: Pick<Openers<SecretStore>, 'hook'>): ConsumerHook[] =>
  consumers.flatMap(({ name, hook }) => {
    if (hook === undefined) return []
    const { kind, required, timeout, retries } = hook
    const open = async () => {
      if (openers.hook) return openers.hook(hook)
      throw new RotationError('config-invalid', 'Hooks of consumers cannot be run from here.')
    }
    return [{ consumer: name, kind, required, timeout, retries, open }]
  })

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

/** What a login is read from. */
export interface LoginStore {
  /** Current. Absent: undefined. */
  get(id: SecretId, call: Call): Promise<SecretVersion | undefined>
}

export interface AdminSources {
  store(name: string): Promise<LoginStore>
  readonly tokens: AdminTokens
}

/**
 * The admin of a target, fetched at each login; at the writer if not said otherwise. None: undefined. A token that cannot be had from
 * here: `config-invalid`.
 */
export function adminOpener(
  { admin, endpoints }: EngineTargetConfig,
  sources: AdminSources,
  clock: Clock,
): ((at?: { readonly host: string; readonly port?: number | undefined }) => Promise<Credential>) | undefined {
  if (admin === undefined) return undefined
  if (!('token' in admin)) return async () => adminLogin(await sources.store(admin.store), admin, clock)
  const { token, user, region } = admin
  const writer = endpoints.find(({ role }) => role === 'writer') ?? endpoints[0]!
  return async ({ host, port = writer.port } = writer) => {
    const fetch = await sources.tokens[token]?.()
    if (fetch === undefined)
      throw new RotationError('config-invalid', `A token of kind ${token} cannot be had from here.`, {
        at: token,
        next: 'Run `lockstep` in the cloud that runs the server, or name an admin secret.',
      })
    return { username: user, password: await fetch({ user, host, port, region }) }
  }
}

/** The admin's login, from current of its secret. Absent or disabled: `secret-not-found`. */
export async function adminLogin(
  store: LoginStore,
  { store: name, id, value, user }: Pick<StoredAdminConfig, 'store' | 'id' | 'value' | 'user'>,
  clock: Clock,
): Promise<Credential> {
  const call: Call = { signal: new AbortController().signal, deadline: clock.now() + CUTOVER, run: {} }
  const current = await store.get(id, call)
  if (!current || current.value === 'disabled')
    throw new RotationError('secret-not-found', `The store ${name} has no secret ${id}.`, { at: id })
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
