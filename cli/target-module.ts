/**
 * Targets of one's own: a JavaScript module that exports `createTarget`.
 *
 * ```js
 * // A target for one secret. `options` are those of lockstep.yml, with the strategy and users of the secret.
 * export function createTarget(options, { now, sleep, SecretValue, RotationError }) { return { kind: 'settable', … } }
 *
 * // For `lockstep check --target`: a fixture per case, and what it cannot supply (see the conformance suite).
 * export const conformance = { make: async ({ now, SecretValue, … }) => ({ target, current, … }), without: ['connect'] }
 * ```
 * @module
 */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { RotationError } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import type { IssuingFixture } from '../core/testing/issuing-target-conformance.ts'
import type { SettableConformanceOptions, SettableFixture } from '../core/testing/settable-target-conformance.ts'

/** Handed to target modules, so that they need not import Lockstep, and never hold a second copy of its classes. */
export interface TargetDeps extends Clock {
  readonly SecretValue: typeof SecretValue
  readonly RotationError: typeof RotationError
}

export const targetDeps = (clock: Clock): TargetDeps => ({
  now: () => clock.now(),
  sleep: (ms, signal) => clock.sleep(ms, signal),
  SecretValue,
  RotationError,
})

export interface TargetModule {
  createTarget(options: Readonly<Record<string, unknown>>, deps: TargetDeps): RotationTarget
  readonly conformance?: SettableConformanceOptions & {
    make(deps: TargetDeps): Promise<SettableFixture | IssuingFixture>
  }
}

export async function loadTargetModule(
  file: string,
  options: Readonly<Record<string, unknown>>,
  clock: Clock,
): Promise<RotationTarget> {
  const module = (await importModule(file)) as Partial<TargetModule>
  if (typeof module.createTarget !== 'function')
    throw new RotationError('config-invalid', `The target module ${file} exports no function createTarget.`, {
      at: file,
    })
  return module.createTarget(options, targetDeps(clock))
}

export async function importModule(file: string): Promise<object> {
  if (!existsSync(file))
    throw new RotationError('config-invalid', `The target module ${file} does not exist.`, { at: file })
  try {
    return (await import(pathToFileURL(file).href)) as object
  } catch {
    throw new RotationError('config-invalid', `The target module ${file} cannot be loaded.`, { at: file })
  }
}
