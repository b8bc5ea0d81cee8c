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
import type { TargetDeps } from '../core/fleet/target-module.ts'
import type { RotationTarget } from '../core/ports/rotation-target.ts'
import type { IssuingFixture } from '../core/testing/issuing-target-conformance.ts'
import type { SettableConformanceOptions, SettableFixture } from '../core/testing/settable-target-conformance.ts'

export interface TargetModule {
  createTarget(options: Readonly<Record<string, unknown>>, deps: TargetDeps): RotationTarget
  readonly conformance?: SettableConformanceOptions & {
    make(deps: TargetDeps): Promise<SettableFixture | IssuingFixture>
  }
}
