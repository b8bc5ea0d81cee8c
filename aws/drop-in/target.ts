/**
 * The target of a secret that says itself where it is used, and of which engine: made anew from the credential that each call is handed,
 * for nothing else is known beforehand.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { SettableTarget, TargetCall } from '../../core/ports/rotation-target.ts'
import type { Credential } from '../../core/secret/credential.ts'
import type { TlsOptions } from '../../core/targets/common/endpoint.ts'
import { type Admin, type AdminSources, adminOf } from './admin.ts'
import { advised } from './advice.ts'
import type { DatabaseSecret } from './database-secret.ts'
import { type Endpoint, engineTarget, requirePossible } from './engine-target.ts'
import type { DropInStrategy, Settings } from './settings.ts'
import { databaseOf } from './shape.ts'
import { offersTls } from './tls-offer.ts'
import { serverKey, trustedAuthorities } from './trust.ts'
import { alternateUsername } from './users.ts'

export interface DropInDeps {
  readonly settings: Pick<Settings, 'caFile' | 'plaintextFallback' | 'probes' | 'serverKeyFile'>
  /** Known at the latest when a credential has been read. */
  readonly strategy: () => DropInStrategy
  /** Our mark on the alternate login. */
  readonly owner: string
  readonly sources: AdminSources
  readonly clock: Clock
}

/** As the templates'. */
const CONNECT_MS = 5000

/**
 * Credentials come from `databaseShape`. Host, port and database of a change are those of current; a pending one that names
 * others: `identity-mismatch`.
 */
export function dropInTarget(deps: DropInDeps): SettableTarget {
  /** For looking and testing: the host that consumers use, and nobody's rights. */
  const plain = (credential: Credential, call: TargetCall) => targetFor(deps, credential, undefined, call)
  /** For changes: with the admin, at the writer. */
  const able = async (credential: Credential, call: TargetCall) => {
    const secret = databaseOf(credential)
    const admin = needsAdmin(secret, deps.strategy()) ? await adminOf(secret, deps.sources, call) : undefined
    return targetFor(deps, credential, admin, call)
  }
  return {
    kind: 'settable',
    engine: 'database',
    get strategy() {
      return deps.strategy()
    },
    get overlap() {
      return deps.strategy() === 'single-user' ? 'gap' : 'both-valid'
    },
    endpoints: ['database'],
    nextUsername(current) {
      const { engine } = databaseOf(current)
      requirePossible(engine, deps.strategy())
      return deps.strategy() === 'alternating-users' ? alternateUsername(current.username, engine) : current.username
    },
    test: (credential, call) => advised(async () => (await plain(credential, call)).test(credential, call)),
    accepts: (credential, call) => advised(async () => (await plain(credential, call)).accepts(credential, call)),
    examine: (current, call) => advised(async () => (await able(current, call)).examine(current, call)),
    set: (change, call) =>
      advised(async () => {
        requireSamePlace(databaseOf(change.current), databaseOf(change.pending))
        await (await able(change.current, call)).set(change, call)
      }),
    end: (change, call) => advised(async () => (await able(change.current, call)).end(change, call)),
  }
}

/**
 * A single user changes itself and never asks for one. A login of MySQL may give itself a second password too, if it has the right; an
 * admin sees all of its accounts.
 */
const needsAdmin = ({ engine, admin }: DatabaseSecret, strategy: DropInStrategy): boolean =>
  strategy === 'alternating-users' || (strategy === 'dual-password' && (admin !== undefined || engine !== 'mysql'))

function requireSamePlace(current: DatabaseSecret, pending: DatabaseSecret): void {
  const differs = (['engine', 'host', 'port', 'database'] as const).find(part => current[part] !== pending[part])
  if (differs === undefined) return
  const field = differs === 'database' ? 'dbname' : differs
  throw new RotationError('identity-mismatch', `The pending version names another ${field} than current.`, {
    next: 'Cancel the rotation, take AWSPENDING off that version, and rotate again.',
  })
}

async function targetFor(
  deps: DropInDeps,
  credential: Credential,
  admin: Admin | undefined,
  call: TargetCall,
): Promise<SettableTarget> {
  const secret = databaseOf(credential)
  const strategy = deps.strategy()
  const { username } = credential
  const alternating = strategy === 'alternating-users'
  requirePossible(secret.engine, strategy)
  const tls = await tlsFor(deps, secret, admin, call)
  const plan = {
    strategy,
    ...(alternating && { users: [username, alternateUsername(username, secret.engine)] as const }),
    endpoints: endpointsOf(secret, admin),
    tls,
    probes: deps.settings.probes,
    ...(admin && { admin: async () => admin.credential, adminDatabase: admin.database }),
    owner: deps.owner,
    connectTimeout: CONNECT_MS,
    serverPublicKey: tls.mode === 'disable' ? serverKey(deps.settings.serverKeyFile) : undefined,
  }
  return engineTarget(secret, plan, deps.clock)
}

function endpointsOf({ host, port, database }: DatabaseSecret, admin: Admin | undefined): readonly Endpoint[] {
  const own = { name: 'database', host, port, database }
  if (admin === undefined || admin.sameHost) return [{ ...own, role: 'writer' }]
  const writer = { name: 'writer', host: admin.host, port: admin.port, database, role: 'writer' } as const
  return [writer, { ...own, name: 'reader', role: 'reader' }]
}

/** Plaintext only where every secret involved says `ssl: false`, or the setting allows it and the server offers nothing else. */
async function tlsFor(
  { settings, clock }: DropInDeps,
  secret: DatabaseSecret,
  admin: Admin | undefined,
  call: TargetCall,
): Promise<TlsOptions> {
  const said = admin === undefined ? [secret.ssl] : [secret.ssl, admin.ssl]
  if (said.every(ssl => ssl === false)) return { mode: 'disable' }
  const open = !said.includes(true) && settings.plaintextFallback && secret.engine !== 'mongodb'
  if (open && !(await offersTls(admin ?? secret, secret.engine, call, clock.now()))) return { mode: 'disable' }
  return { mode: 'verify-full', ca: trustedAuthorities(settings.caFile) }
}
