/**
 * Hooks of consumers, resolved.
 * @module
 */
import type { z } from 'zod'
import type { Consumer } from '../policy/consumers.ts'
import type { Duration } from '../ports/clock.ts'
import type { ShapeOptions } from '../secret/shape.ts'
import { didYouMean } from './nearest.ts'
import type { DataPath } from './problem.ts'
import { resolveStore, resolveValue, type Scope } from './resolve-parts.ts'
import type { hook } from './schema/hook.ts'

interface Bounds {
  /** Of one try. */
  readonly timeout: Duration
  readonly retries: number
  readonly required: boolean
}

/** Where the key of a signature is. */
export interface HookKeyConfig {
  readonly store: string
  readonly id: string
  readonly value: ShapeOptions
  readonly user: string | undefined
}

export interface EcsHook extends Bounds {
  readonly kind: 'ecs'
  readonly cluster: string
  readonly service: string
  readonly region: string | undefined
}

export interface LambdaHook extends Bounds {
  readonly kind: 'lambda-environment'
  readonly function: string
  readonly region: string | undefined
}

export interface CloudRunHook extends Bounds {
  readonly kind: 'cloud-run'
  readonly project: string
  readonly location: string
  readonly service: string
}

export interface AppServiceHook extends Bounds {
  readonly kind: 'app-service'
  readonly subscription: string
  readonly resourceGroup: string
  readonly app: string
  readonly slot: string | undefined
  readonly references: boolean
}

export interface WebhookHook extends Bounds {
  readonly kind: 'webhook'
  readonly url: string
  readonly key: HookKeyConfig
}

export interface CommandHook extends Bounds {
  readonly kind: 'command'
  readonly run: readonly string[]
  readonly env: readonly string[]
}

/** Those that an adapter of a cloud opens. */
export type CloudHook = EcsHook | LambdaHook | CloudRunHook | AppServiceHook
export type HookConfig = CloudHook | WebhookHook | CommandHook

export interface ConsumerConfig extends Consumer {
  readonly hook?: HookConfig
}

type Input = z.infer<typeof hook>

export function resolveHook(input: Input, path: DataPath, scope: Scope): HookConfig {
  const bounds = { timeout: input.timeout ?? 30_000, retries: input.retries ?? 2, required: input.required ?? false }
  if (bounds.timeout < 1_000) scope.report([...path, 'timeout'], 'is too short: one try needs at least 1s')
  switch (input.kind) {
    case 'ecs':
      return { ...input, ...bounds, region: input.region }
    case 'lambda-environment':
      return { ...input, ...bounds, region: input.region }
    case 'cloud-run':
      return { ...input, ...bounds }
    case 'app-service':
      return { ...input, ...bounds, slot: input.slot, references: input.references ?? false }
    case 'webhook':
      return { ...input, ...bounds, key: resolveKey(input.key, [...path, 'key'], scope) }
    case 'command':
      return { ...input, ...bounds, env: input.env ?? [] }
  }
}

function resolveKey(key: Extract<Input, { kind: 'webhook' }>['key'], path: DataPath, scope: Scope): HookKeyConfig {
  const { secrets, defaults } = scope.input
  if (key.secret === undefined) {
    const store = resolveStore(key.store ?? defaults?.store, [...path, 'store'], scope)
    const value = resolveValue(key.value ?? { format: 'password' })
    // A bare password names no login, and nobody asks for one.
    return { store, id: key.id!, value, user: value.format === 'password' ? 'key' : undefined }
  }
  const other = Object.hasOwn(secrets, key.secret) ? secrets[key.secret] : undefined
  if (other === undefined)
    scope.report([...path, 'secret'], `no such secret under secrets${didYouMean(key.secret, Object.keys(secrets))}`)
  return {
    // Its own entry reports a store that is missing.
    store: resolveStore(other?.store ?? defaults?.store, [], { ...scope, report: () => {} }),
    id: other?.id ?? key.secret,
    value: resolveValue(other?.value ?? defaults?.value),
    user: other?.user,
  }
}
