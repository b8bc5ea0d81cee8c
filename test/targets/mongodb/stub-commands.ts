/** What the stub does of a command, as the server's documentation and source say: users are looked up, changed and created. */
import { type Document, Timestamp } from 'mongodb'
import { type Command, greeting, keyOf, type Member, refusal, type State, type StubUser } from './stub-state.ts'

interface Role {
  readonly role: string
  readonly db: string
}

const BOTH = ['SCRAM-SHA-1', 'SCRAM-SHA-256'] as const
const DENIED = refusal(13, 'Unauthorized', 'not authorized')

export function perform({ name, sent }: Command, who: StubUser | undefined, member: Member, state: State): Document {
  if (name === 'ping') return { ok: 1 }
  if (who === undefined) return refusal(13, 'Unauthorized', 'requires authentication')
  const handler = handlers[name]
  if (handler === undefined) return refusal(59, 'CommandNotFound', 'no such command')
  if (WRITES.includes(name) && member.kind === 'secondary') return refusal(10107, 'NotWritablePrimary', 'not primary')
  const answer = handler(sent, who, state, member)
  if (!WRITES.includes(name) || answer.ok !== 1) return answer
  state.time++
  const set = member.kind === 'primary' || member.kind === 'router'
  return { ...answer, ...(set && { operationTime: new Timestamp({ t: state.time, i: 1 }) }) }
}

const WRITES = ['createRole', 'createUser', 'updateUser', 'grantRolesToUser', 'dropUser']

type Handler = (sent: Document, who: StubUser, state: State, member: Member) => Document

const handlers: Readonly<Record<string, Handler>> = {
  hello: (_, _who, state, member) => greeting(member, state),
  find: ({ $db, find }) => ({ ok: 1, cursor: { id: 0n, ns: `${$db}.${find}`, firstBatch: [] } }),

  connectionStatus: ({ showPrivileges }, { user, db, may }) => ({
    ok: 1,
    authInfo: {
      authenticatedUsers: [{ user, db }],
      authenticatedUserRoles: [],
      ...(showPrivileges === true && {
        authenticatedUserPrivileges: [{ resource: { db: '', collection: '' }, actions: may }],
      }),
    },
  }),

  usersInfo({ usersInfo: { user, db }, showAuthenticationRestrictions }, who, { users }) {
    if (!(who.user === user && who.db === db) && !who.may.includes('viewUser')) return DENIED
    const found = users.get(keyOf(user, db))
    if (found === undefined) return { ok: 1, users: [] }
    const { pwd: _, may: _may, authenticationRestrictions = [], ...rest } = found
    return {
      ok: 1,
      users: [{ ...rest, ...(showAuthenticationRestrictions === true && { authenticationRestrictions }) }],
    }
  },

  updateUser({ updateUser, $db, pwd, customData, roles, mechanisms }, who, { users }) {
    const itself = who.user === updateUser && who.db === $db
    const may = (action: string, own: string) => who.may.includes(action) || (itself && who.may.includes(own))
    if (pwd !== undefined && !may('changePassword', 'changeOwnPassword')) return DENIED
    if (customData !== undefined && !may('changeCustomData', 'changeOwnCustomData')) return DENIED
    const found = users.get(keyOf(updateUser, $db))
    if (found === undefined) return refusal(11, 'UserNotFound', 'not found')
    users.set(keyOf(updateUser, $db), {
      ...found,
      ...(pwd !== undefined && { pwd, mechanisms: mechanisms ?? BOTH }),
      ...(customData !== undefined && { customData }),
      ...(roles !== undefined && { roles }),
    })
    return { ok: 1 }
  },

  createRole({ createRole, privileges }, who, { roles }) {
    if (!who.may.includes('createRole')) return DENIED
    roles.set(
      createRole,
      (privileges as readonly Document[]).flatMap(({ actions }) => actions as string[]),
    )
    return { ok: 1 }
  },

  createUser({ createUser, $db, pwd, roles, customData, authenticationRestrictions, mechanisms }, who, state) {
    const { users } = state
    if (!who.may.includes('createUser')) return DENIED
    if (users.has(keyOf(createUser, $db))) return refusal(51003, 'Location51003', 'already exists')
    const lists = (authenticationRestrictions ?? []) as readonly Document[]
    const more = { ...(customData && { customData }), ...(lists.length > 0 && { authenticationRestrictions: lists }) }
    users.set(keyOf(createUser, $db), {
      user: createUser,
      db: $db,
      pwd,
      // a name alone is a role of the same database
      roles: (roles as (string | Role)[]).map(role => (typeof role === 'string' ? { role, db: $db } : role)),
      mechanisms: mechanisms ?? BOTH,
      may: (roles as (string | Role)[]).flatMap(role =>
        typeof role === 'string' ? (state.roles.get(role) ?? []) : [],
      ),
      ...more,
    })
    return { ok: 1 }
  },

  grantRolesToUser({ grantRolesToUser, $db, roles }, who, { users }) {
    if (!who.may.includes('grantRole')) return DENIED
    const found = users.get(keyOf(grantRolesToUser, $db))!
    users.set(keyOf(grantRolesToUser, $db), { ...found, roles: [...found.roles, ...roles] })
    return { ok: 1 }
  },
}
