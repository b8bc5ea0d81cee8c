/**
 * The target of an engine, from what a secret and the settings say. Each engine is loaded when a secret is of it: half of the steps never
 * log in, and most functions know one engine.
 * @module
 */
import { isRotationError, RotationError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { SettableTarget } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import type { Endpoint as CommonEndpoint, TlsOptions } from '../../core/targets/common/endpoint.ts'
import type { DatabaseSecret } from './database-secret.ts'
import { type EngineName, engineNamed } from './engines.ts'
import type { DropInStrategy } from './settings.ts'
import { misset } from './variables.ts'

export interface Endpoint extends CommonEndpoint {
  readonly database: string | undefined
}

/** What every engine is told. */
export interface Plan {
  readonly strategy: DropInStrategy
  readonly users?: readonly [string, string] | undefined
  readonly endpoints: readonly Endpoint[]
  readonly tls: TlsOptions
  readonly probes: readonly string[]
  readonly admin?: (() => Promise<Credential>) | undefined
  /** Of MongoDB: where the admin was created. */
  readonly adminDatabase?: string | undefined
  readonly owner: string
  readonly connectTimeout: number
  /** Of MySQL: read where there is no TLS. */
  readonly serverPublicKey?: string | undefined
}

export async function engineTarget(secret: DatabaseSecret, plan: Plan, clock: Clock): Promise<SettableTarget> {
  const { endpoints, strategy, adminDatabase, serverPublicKey, ...rest } = plan
  const options = { ...rest, endpoints, strategy, createTwin: strategy === 'alternating-users' }
  switch (secret.engine) {
    case 'mysql': {
      const { createMysqlTarget } = await import('../../core/targets/mysql/index.ts')
      return createMysqlTarget({ ...options, serverPublicKey }, clock)
    }
    case 'mariadb': {
      const { createMariadbTarget } = await import('../../core/targets/mariadb/index.ts')
      return createMariadbTarget(options, clock)
    }
    case 'mongodb': {
      const { createMongodbTarget } = await import('../../core/targets/mongodb/index.ts')
      // the secret says that there is no TLS, which is all that its owner can say
      const where = { authSource: secret.database, adminAuthSource: adminDatabase, plaintext: true }
      const own = { ...rest, endpoints, strategy: onePassword(strategy), ...where }
      return makingTwin(withProbes(() => createMongodbTarget(own, clock)))
    }
    case 'postgres': {
      const { createPostgresTarget } = await import('../../core/targets/postgres/index.ts')
      const inDatabase = endpoints.map(endpoint => ({ ...endpoint, database: endpoint.database! }))
      return createPostgresTarget({ ...options, endpoints: inDatabase, strategy: onePassword(strategy) }, clock)
    }
  }
}

/** Asked before a server is. Two passwords of one login, where the engine has no such thing: `config-invalid`. */
export function requirePossible(engine: EngineName, strategy: DropInStrategy): void {
  const { title, twoPasswords } = engineNamed(engine)
  if (strategy === 'dual-password' && !twoPasswords)
    throw misset('LOCKSTEP_STRATEGY', `is dual-password, and a login of ${title} has one password`)
}

const onePassword = (strategy: DropInStrategy): Exclude<DropInStrategy, 'dual-password'> => {
  if (strategy !== 'dual-password') return strategy
  throw new RotationError('internal', 'A strategy reached an engine that does not have it.')
}

/** A probe is all that the target refuses: the rest has been looked at before. */
function withProbes<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw isRotationError(error, 'config-invalid') ? misset('LOCKSTEP_PROBES', `is of no use: ${error.message}`) : error
  }
}

/** As the template does: a twin that does not exist is made, with the roles of current. One that is there keeps what it has. */
const makingTwin = (target: SettableTarget): SettableTarget => ({
  ...target,
  async set(change, call) {
    try {
      await target.set(change, call)
    } catch (error) {
      if (!isRotationError(error, 'identity-mismatch')) throw error
      const findings = await target.examine(change.current, call)
      const missing = findings.find(({ kind }) => kind === 'twin-missing')
      if (missing?.fix === undefined) throw error
      await missing.fix(call)
      await target.set(change, call)
    }
  },
})
