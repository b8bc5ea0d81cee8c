/**
 * The members of a secret as commands see them: who leads now, by the register, and how the others stand.
 * @module
 */
import type { SecretConfig } from '../core/config/types.ts'
import { type ErrorCode, isRotationError, RotationError } from '../core/errors.ts'
import type { LeaderRecord } from '../core/ports/leader-register.ts'
import type { Call, SecretState } from '../core/ports/secret-store.ts'
import type { FollowerReport } from '../core/replication/replication.ts'
import { type Survey, survey } from '../core/replication/survey.ts'
import { placesOf } from '../core/replication/wire.ts'
import type { Workspace } from './compose.ts'
import { REGISTER } from './register.ts'

export interface Lead {
  /** Of the register. Nobody on record, or it cannot be read: the store that the configuration names. */
  readonly leader: string
  readonly record?: LeaderRecord
  /** Why the register cannot be read. */
  readonly error?: RotationError
}

/** Without followers: undefined. */
export async function leadOf(workspace: Workspace, name: string, call: Call): Promise<Lead | undefined> {
  const replication = await workspace.members(name)
  if (!replication) return undefined
  const { register, self } = replication
  try {
    const record = await register.read(replication.secret, call)
    return { leader: record?.leader ?? self, ...(record && { record }) }
  } catch (error) {
    if (!isRotationError(error) || error.code === 'aborted') throw error
    return { leader: self, error: error.in({ secret: name }) }
  }
}

/** With the store and the id of the member that leads. */
export function ledBy(secret: SecretConfig, leader: string): SecretConfig {
  const place = placesOf(secret).get(leader)
  if (place) return { ...secret, store: place.store, id: place.id }
  throw new RotationError('config-invalid', `${leader} leads ${secret.name}, and the configuration does not name it.`, {
    secret: secret.name,
    at: 'followers',
    next: `Put ${leader} back, or make another member the leader first: \`lockstep fail-over NAME --to MEMBER\`.`,
  })
}

/** The same of the member that leads now; where the register cannot be read: `error` of it. */
export async function ledNow(workspace: Workspace, name: string, call: Call): Promise<SecretConfig> {
  const lead = await leadOf(workspace, name, call)
  if (lead?.error) throw lead.error
  return lead ? ledBy(workspace.secret(name), lead.leader) : workspace.secret(name)
}

export interface Surveying {
  readonly name: string
  readonly record: LeaderRecord
  /** The leader's. Undefined: it cannot be read. */
  readonly state: SecretState | undefined
  readonly heard?: (one: FollowerReport) => void
}

/** By marks alone: no value is read, and the leader may be lost. */
export async function surveyOf(
  workspace: Workspace,
  { name, record, state, heard }: Surveying,
  call: Call,
): Promise<Survey> {
  const replication = (await workspace.members(name))!
  const visitor = {
    signal: call.signal,
    deadline: call.deadline,
    setup: { clock: workspace.clock, replication: { ...replication, ...(heard && { heard }) } },
    call: () => call,
  }
  return survey(visitor, record, state)
}

const LOST: readonly ErrorCode[] = [
  'store-unavailable',
  'store-corrupt',
  'access-denied',
  'config-invalid',
  'secret-not-found',
  'unknown',
]

/** What a leader's store throws gets the advice that only a secret with followers can have. */
export async function orFailOver<T>(workspace: Workspace, name: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (thrown) {
    throw isRotationError(thrown) ? advised(workspace, name, thrown) : thrown
  }
}

/** What may mean that the leader is lost says so. */
export const advised = (workspace: Workspace, name: string, error: RotationError): RotationError =>
  LOST.includes(error.code) ? withFailOver(workspace, name, error) : error

export function withFailOver(workspace: Workspace, name: string, error: RotationError): RotationError {
  const { followers } = workspace.secret(name)
  if (followers.length === 0 || error.at === REGISTER) return error
  const { message, step, at, foreign } = error
  // a file that is gone was there when it was copied: that is no mistake of the configuration
  const code = error.code === 'config-invalid' && isFile(workspace, at) ? 'store-unavailable' : error.code
  const next = `If that store is lost: \`lockstep status ${name}\` shows every member, and \`lockstep fail-over ${name} --to MEMBER --dry-run\` what a fail-over would do.`
  return new RotationError(code, message, { step, at, foreign, secret: name, next })
}

const isFile = ({ config }: Workspace, at: string | undefined): boolean =>
  [...config.stores.values()].some(store => store.kind === 'local' && store.file === at)

/** Where copies may be made: stores of this machine that do not exist yet, of members that never led. */
export async function makeStores(workspace: Workspace, name: string, { leader, record }: Lead): Promise<void> {
  const known = new Set([leader, ...(record?.former ?? [])])
  for (const [member, { store }] of placesOf(workspace.secret(name)))
    if (!known.has(member) && !workspace.hasStore(store)) await workspace.store(store, true)
}
