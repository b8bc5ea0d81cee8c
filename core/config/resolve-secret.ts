/**
 * One secret: what it says, what `defaults:` says, and what is so if neither does.
 * @module
 */
import { isRotationError } from '../errors.ts'
import { intervalFloor } from '../policy/consumers.ts'
import { formatDuration } from '../policy/duration.ts'
import { windowProblem } from '../policy/window.ts'
import { checkPolicy, defaultPolicy, type PasswordPolicy } from '../secret/generate.ts'
import { resolveHook } from './hooks.ts'
import type { DataPath } from './problem.ts'
import { resolveFollowers } from './resolve-followers.ts'
import { defined, resolveStore, resolveValue, type Scope } from './resolve-parts.ts'
import { propagationOf } from './resolve-store.ts'
import { resolveTarget } from './resolve-target.ts'
import type { DefaultsInput, SecretInput } from './schema/root.ts'
import type { SecretConfig } from './types.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function resolvePassword(
  secret: SecretInput,
  defaults: DefaultsInput,
  path: DataPath,
  { report }: Scope,
): PasswordPolicy {
  const policy: PasswordPolicy = { ...defaultPolicy, ...defined(defaults.password), ...defined(secret.password) }
  try {
    checkPolicy(policy)
  } catch (error) {
    if (!isRotationError(error)) throw error
    report([...path, 'password'], error.message)
  }
  return policy
}

function resolveTiming(secret: SecretInput, defaults: DefaultsInput, path: DataPath, scope: Scope) {
  const said = { ...defaults, ...defined(secret) }
  const hooksAt = secret.consumers === undefined ? ['defaults', 'consumers'] : [...path, 'consumers']
  const { interval = 30 * DAY, window } = said
  return {
    interval: interval === 'never' ? undefined : interval,
    window: window && { cron: window.cron, duration: window.duration, timezone: window.timezone ?? 'UTC' },
    grace: said.grace ?? DAY,
    consumers: (said.consumers ?? []).map(
      ({ name, kind, refresh, connectRetry = 30 * SECOND, reads, hook }, index) => ({
        name: name ?? kind,
        kind,
        refresh,
        connectRetry,
        ...(reads !== undefined && { reads }),
        ...(hook && { hook: resolveHook(hook, [...hooksAt, index, 'hook'], scope) }),
      }),
    ),
    settle: said.settle ?? 0,
    replicaLag: said.replicaLag ?? 10 * SECOND,
    runLife: said.runLife ?? 15 * MINUTE,
    retryBudget: said.retryBudget ?? 5,
    idleSessions: said.idleSessions ?? 'keep',
  }
}

function checkTiming(secret: SecretConfig, path: DataPath, { report }: Scope): void {
  const { interval, window, runLife } = secret
  if (runLife < MINUTE) report([...path, 'runLife'], 'is too short: one run needs at least 1m')
  if (interval !== undefined && interval <= intervalFloor(secret))
    report([...path, 'interval'], `is too short: it must exceed ${floorInWords(secret)}`)
  const problem = window && windowProblem(window)
  if (problem) report([...path, 'window', problem.key], problem.says)
}

const floorInWords = (secret: SecretConfig): string =>
  `grace + slowest consumer refresh + ${secret.propagation > 0 ? 'propagation of the store + ' : ''}runLife = ${formatDuration(intervalFloor(secret))}`

export function resolveSecret(name: string, secret: SecretInput, scope: Scope): SecretConfig {
  const path = ['secrets', name]
  const defaults = scope.input.defaults ?? {}
  const store = resolveStore(secret.store ?? defaults.store, [...path, 'store'], scope)
  const followers = resolveFollowers(secret, secret.id ?? name, path, scope)
  const resolved: SecretConfig = {
    name,
    store,
    id: secret.id ?? name,
    strategy: secret.strategy,
    target: resolveTarget(secret, path, scope),
    user: secret.user,
    users: secret.users as [string, string] | undefined,
    value: resolveValue(secret.value ?? defaults.value),
    password: resolvePassword(secret, defaults, path, scope),
    manual: secret.manual ?? false,
    propagation: Math.max(
      ...[store, ...followers.map(follower => follower.store)].map(name => propagationOf(name, scope)),
    ),
    followers,
    acceptGap: secret.acceptGap ?? [],
    ...resolveTiming(secret, defaults, path, scope),
  }
  if (resolved.manual && secret.password !== undefined)
    scope.report([...path, 'password'], 'does not go with manual: a person brings the value')
  checkTiming(resolved, path, scope)
  return resolved
}
