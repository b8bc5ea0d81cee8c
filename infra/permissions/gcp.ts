/**
 * What the service account of the functions on Google Cloud is granted by a configuration, as inputs of the Terraform module: custom
 * roles with the permissions that are called, each on the names of secrets that it is for.
 * @module
 */
import type { CloudRunHook } from '../../core/config/hooks.ts'
import type { Config, GcpStoreConfig } from '../../core/config/types.ts'
import { siblingOf } from '../../gcp/slots.ts'
import { gcpCalls, type Role, roles, WORK } from './gcp-calls.ts'
import type { TableRow } from './permission.ts'
import { listedIn, type Used, usedIn } from './used.ts'

export const title = 'Google Cloud'

const FUNCTIONS = ['rotate', 'sweep', 'worker', 'onSecretEvent']

export const table: readonly TableRow[] = [
  ...gcpCalls.map(({ role, ...call }) => ({
    ...call,
    resources: [roles[role]],
    functions: role === 'lists' ? ['sweep'] : FUNCTIONS,
  })),
  { ...WORK, resources: ['the topic of work'], functions: ['sweep'] },
]

/** For the page. */
export const notes = `
All functions act as one service account, so the column of functions says who uses a permission, not who alone has it. Each group below
is a custom role of the project; a condition on its grant names the secrets (\`resource.name == …\`, and what begins with it and \`/\`),
six to a grant. Secrets in other projects are granted there, by roles made there. Nothing is granted to a store with \`signIn\`.

Besides, whatever is configured: the account of the triggers may invoke the functions (\`roles/run.invoker\`, on each) and receive events
(\`roles/eventarc.eventReceiver\`), and Cloud Build has an account of its own. Not granted: \`iam.serviceAccounts.actAs\` on the account
that a service of Cloud Run runs as, which a hook needs and lockstep.yml does not name; packaging says so. \`cloudsql.instances.login\` is
granted in the project of the functions: an instance in another one has to be granted by hand.

Every permission on a secret was taken away once, name by name, over a fake of Secret Manager, and missed: by a step that failed, or, for
disabling and destroying, by a version that stayed. Those of Cloud Run, Cloud SQL, Pub/Sub and the listing were not. None of it was
seen in a project.
`

export interface GcpRole {
  readonly project: string
  readonly role: Role
  readonly permissions: readonly string[]
}

/** The variable `grants` of infra/gcp/iam.tf. `role`: a key of `roles`. */
export interface GcpGrants {
  readonly roles: Readonly<Record<string, GcpRole>>
  /** In the project of its role, by a condition on these names (`secrets/ID`, `locations/L/secrets/ID`); none: no condition. */
  readonly bindings: Readonly<Record<string, { readonly role: string; readonly names: readonly string[] }>>
  readonly services: Readonly<
    Record<string, { readonly role: string; readonly location: string; readonly service: string }>
  >
}

/** A condition has at most twelve operators, and a name takes two: https://cloud.google.com/iam/quotas */
const NAMES = 6
/** Of one role and one member in a policy, with different conditions: the same page. */
const CONDITIONS = 20

/** `project`: of the functions, or what stands for it. */
export function gcpGrants(config: Config, project: string): GcpGrants {
  const granted = new Map<string, { readonly project: string; readonly role: Role; readonly names: Set<string> }>()
  const grant = (inProject: string, role: Role, name?: string) => {
    const key = `${inProject}/${role}`
    const known = granted.get(key) ?? { project: inProject, role, names: new Set() }
    granted.set(key, known)
    if (name !== undefined) known.names.add(name)
  }
  for (const { store, id, use, made } of ownIn(config)) {
    grant(store.project, roleOf(use, store), nameIn(store, id))
    const waits = use === 'rotate' && store.readBy === 'latest'
    if (waits) grant(store.project, 'waits', nameIn(store, siblingOf(id)))
    if (waits || made) grant(store.project, 'makes')
  }
  for (const name of listedIn(config)) {
    const store = config.stores.get(name)
    if (store?.kind === 'gcp' && !store.signIn) grant(store.project, 'lists')
  }
  if (hasLogin(config)) grant(project, 'logs_in')
  const hooks = hooksOf(config)
  for (const hook of hooks) grant(hook.project, 'restarts')
  return {
    roles: Object.fromEntries(
      [...granted].map(([key, { project: inProject, role }]) => [
        key,
        { project: inProject, role, permissions: permissionsOf(role) },
      ]),
    ),
    bindings: Object.fromEntries(
      [...granted].flatMap(([key, { role, names }]) =>
        role === 'restarts'
          ? []
          : inChunks([...names].sort()).map((some, n) => [`${key}/${n}`, { role: key, names: some }]),
      ),
    ),
    services: Object.fromEntries(
      hooks.map(({ project: inProject, location, service }) => [
        `${inProject}/${location}/${service}`,
        { role: `${inProject}/restarts`, location, service },
      ]),
    ),
  }
}

/** Why these grants cannot be made, in a sentence. */
export function gcpProblem({ roles: made, bindings }: GcpGrants): string | undefined {
  for (const [key, { project, role }] of Object.entries(made)) {
    const count = Object.values(bindings).filter(binding => binding.role === key).length
    if (count > CONDITIONS)
      return `More than ${NAMES * CONDITIONS} secrets of the project ${project} would be granted one by one (${roles[role]}), and a policy takes no more conditions: deploy them as services of their own, each with a lockstep.yml of its own.`
  }
  return undefined
}

/** What the deployer has to know or do besides, a sentence each. `project`: of the functions, if it is known. */
export function gcpNotes(config: Config, { roles: made, services }: GcpGrants, project: string | undefined): string[] {
  const elsewhere = [...new Set(Object.values(made).map(each => each.project))].filter(
    each => project !== undefined && each !== project,
  )
  const signedIn = [...config.stores].filter(([, store]) => store.kind === 'gcp' && store.signIn)
  return [
    ...elsewhere.map(
      each =>
        `Roles and grants are made in the project ${each} too: the deploying account must be allowed to (roles/iam.roleAdmin, roles/resourcemanager.projectIamAdmin).`,
    ),
    ...signedIn.map(
      ([name]) =>
        `The store ${name} signs in as somebody else: nothing is granted for it; grant that account what docs/permissions.md lists.`,
    ),
    ...Object.values(services).map(
      ({ service }) =>
        `The hook of the service ${service} makes a revision: grant the functions' account roles/iam.serviceAccountUser on the account that the service runs as, which lockstep.yml does not name.`,
    ),
  ]
}

/** The others are reached as somebody else. */
const ownIn = (config: Config): readonly Used<GcpStoreConfig>[] =>
  usedIn(config, 'gcp').filter(({ store }) => store.signIn === undefined)

function roleOf(use: Used['use'], { readBy }: GcpStoreConfig): Role {
  if (use === 'read') return 'reads'
  if (use === 'register') return 'leads'
  return readBy === 'latest' ? 'rotates_latest' : 'rotates'
}

const nameIn = ({ location }: GcpStoreConfig, id: string): string =>
  location === undefined ? `secrets/${id}` : `locations/${location}/secrets/${id}`

const permissionsOf = (role: Role): readonly string[] =>
  gcpCalls.filter(call => call.role === role).map(({ action }) => action)

const hasLogin = ({ secrets }: Config): boolean =>
  [...secrets.values()].some(
    ({ target }) =>
      target.kind !== 'module' && target.admin && 'token' in target.admin && target.admin.token === 'cloud-sql-iam',
  )

const hooksOf = ({ secrets }: Config): readonly CloudRunHook[] =>
  [...secrets.values()].flatMap(({ consumers }) =>
    consumers.flatMap(({ hook }) => (hook?.kind === 'cloud-run' ? [hook] : [])),
  )

/** Without a name: one, which has no condition. */
function inChunks(names: readonly string[]): readonly (readonly string[])[] {
  const chunks: (readonly string[])[] = []
  for (let from = 0; from === 0 || from < names.length; from += NAMES) chunks.push(names.slice(from, from + NAMES))
  return chunks
}
