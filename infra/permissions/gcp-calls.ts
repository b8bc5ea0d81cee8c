/**
 * Every permission that the functions on Google Cloud use: which call needs it, and in which role it is granted. All functions act as
 * one service account. What that is in one configuration: `gcp.ts`.
 * @module
 */
import type { CallSite } from './permission.ts'

/** A custom role of the deployment each, by the end of its name; on what it is granted, as the page says it. */
export const roles = {
  rotates: 'each declared secret and each follower of it, in a store that is read by an alias',
  rotates_latest: 'each declared secret and each follower of it, in a store that is read as `latest`',
  waits: 'the secret `ID-lockstep-pending` beside each of those that are read as `latest`, there already or not',
  leads: 'the record of who leads, of each secret with followers (`epochs:`), there already or not',
  reads: 'each admin secret, and each key of a webhook, that is not declared itself',
  makes:
    'the project, where a secret beside one, a follower or a record of who leads may have to be made: no condition sees a name',
  lists: 'the project, where a store has more than ten declared secrets: no condition sees a name',
  restarts: 'the service of each hook of kind `cloud-run`',
  logs_in: 'the project of the functions, where an admin has `token: cloud-sql-iam`',
} as const
export type Role = keyof typeof roles

export interface GcpCall {
  readonly role: Role
  readonly action: string
  readonly neededBy: CallSite
  readonly why: string
}

const secret = (name: string): CallSite => `gcp/requests.ts#${name}`
type Line = readonly [action: string, neededBy: CallSite, why: string]

const LOOK: Line = ['secretmanager.secrets.get', secret('secret'), 'The record of its rotations, and its aliases.']
const VERSION: Line = ['secretmanager.versions.get', secret('version'), 'Whether the version that is read is there.']
const ACCESS: Line = [
  'secretmanager.versions.access',
  secret('access'),
  'The credential to change, or the one to log in with.',
]
const RECORD: Line = ['secretmanager.secrets.update', secret('update'), 'The record, and the aliases with it.']
const ADD: Line = ['secretmanager.versions.add', secret('add'), 'The new value.']
const VERSIONS: Line = [
  'secretmanager.versions.list',
  secret('versions'),
  'An addition without an answer is looked for; a rollback looks for the version before.',
]
const DISABLE: Line = ['secretmanager.versions.disable', secret('disable'), 'The old version, once its grace is over.']
const DESTROY: Line = ['secretmanager.versions.destroy', secret('destroy'), 'A version that was never used by anybody.']

const of = (role: Role, ...lines: readonly Line[]): GcpCall[] =>
  lines.map(([action, neededBy, why]) => ({ role, action, neededBy, why }))

export const gcpCalls: readonly GcpCall[] = [
  ...of('rotates', LOOK, RECORD, VERSION, ACCESS, ADD, VERSIONS, DISABLE, DESTROY),
  ...of('rotates_latest', LOOK, RECORD, VERSION, ACCESS, ADD, VERSIONS, DISABLE),
  ...of('waits', ACCESS, ADD, VERSIONS),
  ...of('leads', LOOK, RECORD, VERSION, ACCESS, ADD, VERSIONS, DESTROY),
  ...of('reads', LOOK, VERSION, ACCESS),
  ...of('makes', ['secretmanager.secrets.create', secret('create'), 'A secret that Lockstep keeps, or a follower’s.']),
  ...of('lists', ['secretmanager.secrets.list', secret('list'), 'Which of many secrets are worth a look.']),
  ...of(
    'restarts',
    ['run.services.get', 'gcp/hooks-cloud-run.ts#cloudRunHook', 'Which version the service was restarted for.'],
    ['run.services.update', 'gcp/hooks-cloud-run.ts#cloudRunHook', 'A new revision.'],
  ),
  ...of('logs_in', [
    'cloudsql.instances.login',
    'gcp/admin-token.ts#cloudSqlIam',
    'The login of an admin without a stored password.',
  ]),
]

/** Not for secrets: in the template, whatever is configured. */
export const WORK = {
  action: 'pubsub.topics.publish',
  neededBy: 'gcp/queue.ts#send',
  why: 'What a sweep cannot finish goes to the queue.',
} as const
