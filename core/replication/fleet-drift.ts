/**
 * What differs between the leaders and the followers of many secrets: as many at once as the quotas of their stores allow, each
 * compared as if it were the only one. One that fails takes nothing from the others.
 * @module
 */
import type { Config, SecretConfig } from '../config/types.ts'
import { RotationError, sanitise } from '../errors.ts'
import { inParallel } from '../fleet/pool.ts'
import type { Clock } from '../ports/clock.ts'
import type { RotationRequest, RotationSetup } from '../rotation/setup.ts'
import { type Drift, drift } from './drift.ts'
import { Quotas } from './metered.ts'

export interface FleetDriftOptions {
  readonly config: Pick<Config, 'stores' | 'secrets' | 'epochs'>
  /** Default: all secrets that have followers. */
  readonly names?: readonly string[]
  /** Wired for whoever leads. */
  open(name: string): Promise<RotationSetup>
  /** One for each secret: its deadline counts from when it is begun. */
  request(): RotationRequest
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Secrets under way at most, whatever the quotas allow. Default: 256. */
  readonly width?: number
  /** Of each quota; what is left is for the applications that read their secrets. Default: all of it. */
  readonly share?: number
  /** As each is done, in any order. */
  heard?(one: SecretDrift): void
}

export type SecretDrift = { readonly secret: string } & ({ readonly drift: Drift } | { readonly error: RotationError })

export interface FleetDrift {
  /** In the order of the names. */
  readonly secrets: readonly SecretDrift[]
  /** Followers that show something else than they should, or cannot be looked at, over all secrets that were compared. */
  readonly drifted: number
  /** Secrets that could not be compared. */
  readonly failed: number
}

const WIDTH = 256

/** Changes nothing, in no store. Aborted: what was not begun is not compared, and says so. Unknown name: `usage`. */
export async function fleetDrift(options: FleetDriftOptions): Promise<FleetDrift> {
  const { config, signal, clock, width = WIDTH, share, heard } = options
  const quotas = new Quotas(config, clock, share)
  const secrets = secretsOf(options)
  const done = new Map<string, SecretDrift>()
  const one = async (secret: SecretConfig) => {
    const compared = await compare(quotas, secret, options)
    done.set(secret.name, compared)
    heard?.(compared)
  }
  await inParallel(secrets, width, one, () => !signal.aborted)
  const all = secrets.map(({ name }) => done.get(name) ?? { secret: name, error: interrupted(name) })
  return {
    secrets: all,
    drifted: all.reduce((sum, each) => sum + ('drift' in each ? each.drift.drifted : 0), 0),
    failed: all.filter(each => 'error' in each).length,
  }
}

function secretsOf({ config: { secrets }, names }: FleetDriftOptions): readonly SecretConfig[] {
  if (!names) return [...secrets.values()].filter(({ followers }) => followers.length > 0)
  return names.map(name => {
    const secret = secrets.get(name)
    if (secret) return secret
    throw new RotationError('usage', 'No secret has this name.', { secret: name })
  })
}

async function compare(
  quotas: Quotas,
  secret: SecretConfig,
  { open, request, signal }: FleetDriftOptions,
): Promise<SecretDrift> {
  const { name } = secret
  try {
    return await quotas.within(secret, async () => {
      await quotas.opening(signal)
      const setup = await open(name)
      return { secret: name, drift: await drift(quotas.metered(setup, secret), request(), signal) }
    })
  } catch (thrown) {
    return { secret: name, error: sanitise(thrown).in({ secret: name }) }
  }
}

const interrupted = (secret: string): RotationError => new RotationError('aborted', 'Was not begun.', { secret })
