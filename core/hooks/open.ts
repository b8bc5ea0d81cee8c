/**
 * From a configured hook to one that works. What only a cloud can do is handed in: the core knows none.
 * @module
 */
import type { CloudHook, HookConfig, HookKeyConfig } from '../config/hooks.ts'
import { RotationError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { PromotionHook } from '../ports/promotion-hook.ts'
import type { SecretValue } from '../secret/secret-value.ts'

/** By the kinds that are reached from here. */
export type CloudHooks = {
  readonly [Kind in CloudHook['kind']]?: (hook: Extract<CloudHook, { kind: Kind }>) => Promise<PromotionHook>
}

export interface HookSources {
  readonly clouds: CloudHooks
  /** Absent: programs are not run from here. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly clock: Clock
  key(config: HookKeyConfig): Promise<SecretValue>
}

/** Nothing is asked yet. Of a kind that is not reached from here: `config-invalid`. */
export async function openHook(hook: HookConfig, sources: HookSources): Promise<PromotionHook> {
  const { clouds, env, clock } = sources
  switch (hook.kind) {
    case 'webhook': {
      const { webhook } = await import('./webhook.ts')
      return webhook({ url: hook.url, key: () => sources.key(hook.key) }, clock)
    }
    case 'command': {
      if (env === undefined) throw notFromHere(hook)
      const { command } = await import('./command.ts')
      return command({ run: hook.run, pass: hook.env, env }, clock)
    }
    default: {
      // Each is handed the kind that it is listed under.
      const open = clouds[hook.kind] as ((hook: CloudHook) => Promise<PromotionHook>) | undefined
      if (open) return open(hook)
      throw notFromHere(hook)
    }
  }
}

const notFromHere = ({ kind }: HookConfig): RotationError =>
  new RotationError('config-invalid', `A hook of kind ${kind} cannot be run from here.`, {
    next: 'Run `lockstep` where that is possible, or use a webhook.',
  })
