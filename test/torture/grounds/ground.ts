/**
 * Where workers are killed: a real server, the local store, secrets of every strategy that the engine has, and a `lockstep.yml`.
 * @module
 */
import type { Workspace } from '../../../cli/compose.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { Credential } from '../../../core/secret/credential.ts'

export const groundEngines = ['postgres', 'mysql', 'mariadb', 'redis'] as const
export type GroundEngine = (typeof groundEngines)[number]

export interface Ground {
  readonly workspace: Workspace
  readonly configFile: string
  /** Names, as in the configuration. */
  readonly secrets: readonly string[]
  /** Up to when the first runs are killed, in milliseconds: about as long as one takes. */
  readonly firstCeiling: number
  /** A login as any client makes it, past the engine. Anything but a refused password throws. */
  accepts(credential: Credential): Promise<boolean>
  close(): Promise<void>
}

/** Undefined (said on stderr): this machine cannot run the server. */
export async function openGround(engine: GroundEngine, clock: Clock): Promise<Ground | undefined> {
  switch (engine) {
    case 'postgres':
      return (await import('./postgres.ts')).open(clock)
    case 'mysql':
      return (await import('./mysql.ts')).open(clock)
    case 'mariadb':
      return (await import('./mariadb.ts')).open(clock)
    case 'redis':
      return (await import('./redis.ts')).open(clock)
  }
}
