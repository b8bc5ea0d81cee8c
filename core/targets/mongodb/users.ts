/**
 * What the server knows about a user, and which users are never rotated.
 * @module
 */
import type { Document } from 'mongodb'
import { isRotationError, RotationError } from '../../errors.ts'
import { statementTimeout, type TargetCall } from '../../ports/rotation-target.ts'
import type { Context } from './options.ts'
import type { Session } from './session.ts'

export interface Role {
  readonly role: string
  readonly db: string
}

export interface UserFacts {
  readonly name: string
  readonly roles: readonly Role[]
  /** Undefined: the server does not say. */
  readonly mechanisms: readonly string[] | undefined
  /** As people and we have written it. */
  readonly customData: Readonly<Record<string, unknown>>
  /** From where the user may log in; undefined: not asked for, or the server knows no such thing. */
  readonly restrictions: readonly Document[] | undefined
}

/** What must be left of the time when the server has answered at the latest. */
const MARGIN = 250

/** The server's own limit for one command. Nothing left: `no-time`. */
export function within(context: Context, call: TargetCall, at: string): { readonly maxTimeMS: number } {
  const maxTimeMS = Math.floor(statementTimeout(call, context.now(), MARGIN))
  if (maxTimeMS < 1) throw new RotationError('no-time', 'No time is left for a command at the server.', { at })
  return { maxTimeMS }
}

/** A user of the authentication database; undefined if there is none. Every user may look at itself. */
export async function userFacts(
  session: Session,
  name: string,
  context: Context,
  call: TargetCall,
): Promise<UserFacts | undefined> {
  return factsOf(
    await session.run(context.authSource, { ...asked(name, context), ...within(context, call, session.endpoint.name) }),
  )
}

/** With restrictions, where the server has them. */
export async function fullFacts(
  session: Session,
  name: string,
  context: Context,
  call: TargetCall,
): Promise<UserFacts | undefined> {
  const limit = within(context, call, session.endpoint.name)
  const command = { ...asked(name, context), showAuthenticationRestrictions: true, ...limit }
  try {
    return factsOf(await session.run(context.authSource, command))
  } catch (error) {
    if (!isRotationError(error, 'unsupported')) throw error
    return userFacts(session, name, context, call)
  }
}

const asked = (user: string, { authSource }: Context) => ({ usersInfo: { user, db: authSource } })

function factsOf(answer: Document): UserFacts | undefined {
  const found = (answer.users as readonly Document[] | undefined)?.[0]
  if (found === undefined) return undefined
  return {
    name: found.user as string,
    roles: ((found.roles ?? []) as readonly Role[]).map(({ role, db }) => ({ role, db })),
    mechanisms: found.mechanisms as readonly string[] | undefined,
    customData: (found.customData ?? {}) as Record<string, unknown>,
    restrictions: found.authenticationRestrictions as readonly Document[] | undefined,
  }
}

/** Our mark in `customData`, beside whatever people wrote there. */
export const MARK = 'lockstep'

export const foreignMark = ({ customData }: UserFacts, { owner }: Context): boolean =>
  typeof customData[MARK] === 'string' && customData[MARK] !== owner

const PRIVILEGED = ['root', '__system']

/** Why a user of this kind is never rotated; undefined if it is. */
export function unsupportedKind({ name, roles }: UserFacts, { authSource }: Context): string | undefined {
  if (name === '__system') return 'it is the user by which the members of a set know each other'
  if (authSource === '$external') return 'its password is kept by another system'
  const privileged = roles.find(({ role }) => PRIVILEGED.includes(role))
  if (privileged !== undefined) return `it has the role ${privileged.role}`
  return undefined
}

/** Refuses a user that nobody should change through us: a privileged one, or somebody else's. */
export function requireOurs(facts: UserFacts, context: Context, at: string): void {
  const kind = unsupportedKind(facts, context)
  if (kind !== undefined) throw new RotationError('unsupported', `The user is not rotated: ${kind}.`, { at })
  if (foreignMark(facts, context) && context.adopt !== true)
    throw new RotationError('not-ours', 'customData of the user names another configuration as its owner.', { at })
}
