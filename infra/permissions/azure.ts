/**
 * What the identity of the function app is granted by a configuration: custom roles with the actions that are called, each at the scope
 * of the secret that it is for; and what a template of one resource group cannot grant, in sentences.
 * @module
 */
import { siblingOf } from '../../azure/slots.ts'
import type { AppServiceHook } from '../../core/config/hooks.ts'
import type { AzureStoreConfig, Config } from '../../core/config/types.ts'
import { azureCalls, custom, isDataAction, type Role, roles } from './azure-calls.ts'
import type { TableRow } from './permission.ts'
import { listedIn, usedIn } from './used.ts'

export const title = 'Azure'

const FUNCTIONS = ['sweep', 'onNearExpiry', 'rotate', 'worker']

export const table: readonly TableRow[] = azureCalls.map(({ role, ...call }) => ({
  ...call,
  resources: [roles[role]],
  functions: role === 'lists' || role === 'queue' ? ['sweep'] : FUNCTIONS,
}))

/** For the page. */
export const notes = `
All functions are one app with one identity, so the column of functions says who uses a permission, not who alone has it. The groups on
secrets and on apps are custom roles of the deployment, assigned at each secret, at the vault or at the app, in the resource group of the
deployment. Nothing is granted in another vault, another account or another group, nor to a store with \`signIn\`: packaging says what is
missing.

Besides, whatever is configured: the host of the functions has Storage Blob Data Owner and Storage Queue Data Contributor on the account
of the deployment, as Azure asks for (the package, the timer's lock, taking messages, the poison queue), which covers the journal and
the queue there; and Monitoring Metrics Publisher on its Application Insights. A login by \`token: entra\` is granted by the server of the
database.

Every action on a secret and on a container was taken away once, scope by scope, over fakes of Key Vault and Blob storage, and missed.
Those of hooks, of the queue and of the listing were not. None of it was seen in a subscription.
`

/** Parameters of infra/azure/app.json. */
export interface AzureGrants {
  readonly wholeVault: false
  readonly roles: readonly {
    readonly name: Role
    readonly actions: readonly string[]
    readonly dataActions: readonly string[]
  }[]
  /** `scope`: within the resource group. */
  readonly grants: readonly Granted[]
}

interface Granted {
  readonly role: Role
  readonly scope: string
}

/** What one configuration needs, wherever it is. */
export interface AzureNeeds {
  /** `vault`: its name; `scope`: `vaults/NAME` or `vaults/NAME/secrets/ID`. */
  readonly secrets: readonly (Granted & { readonly vault: string })[]
  readonly containers: readonly { readonly account: string; readonly container: string }[]
  readonly hooks: readonly (Granted & { readonly hook: AppServiceHook })[]
}

/** What the template knows of where it is deployed. */
export interface AzurePlace {
  readonly keyVault: string
  readonly resourceGroup: string
  readonly stage: string
}

export function azureNeeds(config: Config): AzureNeeds {
  const secrets = new Map<string, AzureNeeds['secrets'][number]>()
  const containers = new Map<string, AzureNeeds['containers'][number]>()
  const need = (role: Role, { vault: url }: AzureStoreConfig, id?: string) => {
    const vault = firstLabel(url)
    const scope = `Microsoft.KeyVault/vaults/${vault}${id === undefined ? '' : `/secrets/${id}`}`
    secrets.set(`${role} ${scope}`.toLowerCase(), { role, scope, vault })
  }
  const keep = ({ url, container }: { readonly url: string; readonly container: string }) => {
    const account = firstLabel(url)
    containers.set(`${account}/${container}`, { account, container })
  }
  for (const { store, id, use } of usedIn(config, 'azure').filter(used => !used.store.signIn)) {
    keep(store.journal)
    need(use === 'read' ? 'reads' : 'rotates', store, id)
    if (use === 'rotate') need('rotates', store, siblingOf(id))
  }
  for (const name of listedIn(config)) {
    const store = config.stores.get(name)
    if (store?.kind === 'azure' && !store.signIn) need('lists', store)
  }
  const followed = [...config.secrets.values()].some(({ followers }) => followers.length > 0)
  if (followed && config.epochs && 'blob' in config.epochs) keep(config.epochs.blob)
  return { secrets: [...secrets.values()], containers: [...containers.values()], hooks: hooksOf(config) }
}

export function azureGrants({ secrets, hooks }: AzureNeeds, { keyVault, resourceGroup }: AzurePlace): AzureGrants {
  const here = [
    ...secrets.filter(({ vault }) => same(vault, keyVault)),
    ...hooks.filter(({ hook }) => same(hook.resourceGroup, resourceGroup)),
  ].map(({ role, scope }) => ({ role, scope }))
  const used = custom.filter(name => here.some(({ role }) => role === name))
  return { wholeVault: false, roles: used.map(roleOf), grants: here }
}

/** What has to be granted by hand, or be known, a sentence each. */
export function azureNotes(
  config: Config,
  needs: AzureNeeds,
  { keyVault, resourceGroup, stage }: AzurePlace,
): string[] {
  const vaults = new Set(needs.secrets.map(({ vault }) => vault).filter(vault => !same(vault, keyVault)))
  const accounts = needs.containers.filter(({ account }) => !account.startsWith(`ls${stage}`))
  const apps = new Set(
    needs.hooks
      .filter(({ hook }) => !same(hook.resourceGroup, resourceGroup))
      .map(({ hook }) => `${hook.app} in ${hook.resourceGroup}`),
  )
  const signedIn = [...config.stores].filter(([, store]) => store.kind === 'azure' && store.signIn)
  return [
    ...[...vaults].map(
      vault =>
        `The vault ${vault} is not ${keyVault}, which AZURE_KEY_VAULT names: nothing is granted there; grant the app what docs/permissions.md lists, or its rotations are refused.`,
    ),
    ...accounts.map(
      ({ account, container }) =>
        `The storage account ${account} is none that this deployment makes: nothing is granted there; grant the app Storage Blob Data Contributor on its container ${container}, or its rotations are refused.`,
    ),
    ...[...apps].map(
      app =>
        `The app ${app} is not in the resource group ${resourceGroup}: nothing is granted there; grant the app of the functions what docs/permissions.md lists, or its hook is refused.`,
    ),
    ...signedIn.map(
      ([name]) =>
        `The store ${name} signs in as somebody else: nothing is granted for it; grant that application what docs/permissions.md lists.`,
    ),
  ]
}

function roleOf(name: Role): AzureGrants['roles'][number] {
  const actions = azureCalls.filter(({ role }) => role === name).map(({ action }) => action)
  return { name, actions: actions.filter(each => !isDataAction(each)), dataActions: actions.filter(isDataAction) }
}

function hooksOf({ secrets }: Config): AzureNeeds['hooks'] {
  const found = new Map<string, AzureNeeds['hooks'][number]>()
  for (const { consumers } of secrets.values())
    for (const { hook } of consumers) {
      if (hook?.kind !== 'app-service') continue
      const [at, suffix] = hook.slot === undefined ? ['', ''] : [`/slots/${hook.slot}`, '_slot']
      const scope = `Microsoft.Web/sites/${hook.app}${at}`
      for (const kind of ['restarts', ...(hook.references ? ['refreshes'] : [])]) {
        const role = `${kind}${suffix}` as Role
        found.set(`${role} ${hook.resourceGroup} ${scope}`.toLowerCase(), { role, scope, hook })
      }
    }
  return [...found.values()]
}

/** Of a vault's or an account's address. */
const firstLabel = (url: string): string => new URL(url).hostname.split('.')[0]!

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
