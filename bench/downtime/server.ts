/**
 * A server whose secret is rotated, whatever its engine.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/ports/clock.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import type { Address } from './driver.ts'
import type { EngineName, StrategyName } from './row.ts'

export interface Server extends Address {
  /** As it says itself. */
  readonly version: string
  readonly target: SettableTarget
  /** What the target accepts before the first rotation. */
  readonly first: Credential
  stop(): Promise<void>
}

/** Undefined (said on stderr): this machine cannot run it. */
export type Open = (strategy: StrategyName, clock: Clock) => Promise<Server | undefined>

export async function opener(engine: EngineName): Promise<Open> {
  switch (engine) {
    case 'postgres':
      return (await import('./servers/postgres.ts')).open
    case 'mysql':
      return (await import('./servers/mysql.ts')).open
    case 'mariadb':
      return (await import('./servers/mariadb.ts')).open
    case 'redis':
      return (await import('./servers/redis.ts')).open('redis-8.0')
    case 'valkey':
      return (await import('./servers/redis.ts')).open('valkey-9.1')
    case 'mongodb':
      return (await import('./servers/mongodb.ts')).open
  }
}

export const owner = 'lockstep:bench/app'
export const users = ['app_a', 'app_b'] as const
/** Of a strategy with two logins, the first. */
export const firstUser = (strategy: StrategyName): string => (strategy === 'alternating-users' ? users[0] : 'app')
export const newPassword = (): string => randomBytes(24).toString('hex')
export const credential = (username: string, password: string): Credential => ({
  username,
  password: SecretValue.of(password),
})
export const plain = { mode: 'disable' } as const
