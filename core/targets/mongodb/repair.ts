/**
 * Commands that make a user what the rotation needs, as text for people (`mongosh`) and as a repair that `doctor --fix` may run.
 * Each can be repeated.
 * @module
 */
import { isRotationError } from '../../errors.ts'
import type { Finding, TargetCall } from '../../ports/rotation-target.ts'
import { using } from '../common/logins.ts'
import { confirmed, requirePrivateWire } from './change-password.ts'
import { openAdmin, openWritable } from './connect.ts'
import type { Context } from './options.ts'
import { nobodys } from './retire.ts'
import type { Command, Session } from './session.ts'
import { MARK, type Role, requireOurs, type UserFacts, userFacts } from './users.ts'

/** What one user has and the other shall have; without what the server has not told. */
function copied({ roles, restrictions = [], mechanisms = [] }: UserFacts): Command {
  return {
    roles,
    ...(restrictions.length === 0 ? {} : { authenticationRestrictions: restrictions }),
    ...(mechanisms.length === 0 ? {} : { mechanisms }),
  }
}

/** A twin with all that the model has, and a password that nobody holds until the first rotation sets one. */
export function createTwin(context: Context, name: string, model: UserFacts): Partial<Finding> {
  const { [MARK]: _, ...customData } = model.customData
  const shown = { user: name, ...copied(model), ...(Object.keys(customData).length === 0 ? {} : { customData }) }
  const text = JSON.stringify(shown).replace(/^\{/, '{ pwd: passwordPrompt(), ')
  return {
    remedy: `db.getSiblingDB(${JSON.stringify(context.authSource)}).createUser(${text})`,
    ...(context.admin && { fix: createMissing(context, name, model) }),
  }
}

const createMissing =
  (context: Context, name: string, model: UserFacts) =>
  async (call: TargetCall): Promise<void> => {
    requirePrivateWire(context)
    await asWriter(context, call, async admin => {
      if ((await userFacts(admin, name, context, call)) !== undefined) return
      requireOurs(model, context, admin.endpoint.name)
      const create = (more: Command) =>
        admin.change(context.authSource, {
          createUser: name,
          pwd: nobodys().reveal(),
          ...copied(model),
          ...more,
          ...confirmed(context, call, admin.endpoint.name),
        })
      try {
        await create({ customData: { ...model.customData, [MARK]: context.owner } })
      } catch (error) {
        // a server that keeps no customData refuses the whole command
        if (!isRotationError(error, 'value-rejected', 'unsupported')) throw error
        await create({})
      }
    })
  }

/** Adds roles and takes none away. */
export function grantRoles(context: Context, name: string, roles: readonly Role[]): Partial<Finding> {
  const [db, user, list] = [context.authSource, name, roles].map(part => JSON.stringify(part))
  return {
    remedy: `db.getSiblingDB(${db}).grantRolesToUser(${user}, ${list})`,
    ...(context.admin && {
      fix: (call: TargetCall) =>
        asWriter(context, call, async admin => {
          const limits = confirmed(context, call, admin.endpoint.name)
          await admin.change(context.authSource, { grantRolesToUser: name, roles, ...limits })
        }),
    }),
  }
}

const asWriter = (context: Context, call: TargetCall, work: (admin: Session) => Promise<void>): Promise<void> =>
  using(
    openWritable(context, endpoint => openAdmin(context, endpoint, call)),
    work,
  )
