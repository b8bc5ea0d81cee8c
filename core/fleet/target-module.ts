/**
 * Targets of one's own: a JavaScript module that exports `createTarget`.
 * @module
 */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { SecretConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { RotationTarget } from '../ports/rotation-target.ts'
import { SecretValue } from '../secret/secret-value.ts'

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

interface Exports {
  createTarget(options: Readonly<Record<string, unknown>>, deps: TargetDeps): RotationTarget
}

/** The target of a secret whose configuration names a module. Absent, or no such module: `config-invalid`. */
export async function loadTargetModule(
  { strategy, users }: SecretConfig,
  target: Extract<SecretConfig['target'], { kind: 'module' }>,
  clock: Clock,
): Promise<RotationTarget> {
  const { module: file, options } = target
  const module = (await importModule(file)) as Partial<Exports>
  if (typeof module.createTarget !== 'function')
    throw new RotationError('config-invalid', `The target module ${file} exports no function createTarget.`, {
      at: file,
    })
  return module.createTarget({ ...options, strategy, users }, targetDeps(clock))
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
