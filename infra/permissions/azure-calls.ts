/**
 * Every permission that the functions on Azure use: which call needs it, and in which role it is granted. All functions are one app with
 * one identity. What that is in one configuration: `azure.ts`.
 * @module
 */
import type { CallSite } from './permission.ts'

/** On what each is granted, as the page says it. The first ones are custom roles of the deployment, the last ones are built in. */
export const roles = {
  rotates:
    'each declared secret, each follower of it, and the secret `ID-lockstep-pending` beside each, there already or not',
  reads: 'each admin secret, and each key of a webhook, that is not declared itself',
  lists: 'the vault, where a store has more than ten declared secrets',
  restarts: 'the app of each hook of kind `app-service`',
  refreshes: 'the app of each such hook with `references`',
  restarts_slot: 'the slot of each such hook with a `slot`',
  refreshes_slot: 'the slot of each such hook with a `slot` and `references`',
  journal:
    'the container of each `journal`, and that of `epochs`; in the account of the deployment the host’s own role covers it',
  queue: 'the queue of work',
} as const
export type Role = keyof typeof roles

/** Made by the template. */
export const custom: readonly Role[] = [
  'rotates',
  'reads',
  'lists',
  'restarts',
  'refreshes',
  'restarts_slot',
  'refreshes_slot',
]

export interface AzureCall {
  readonly role: Role
  readonly action: string
  readonly neededBy: CallSite
  readonly why: string
}

type Line = readonly [action: string, neededBy: CallSite, why: string]
const of = (role: Role, under: string, ...lines: readonly Line[]): AzureCall[] =>
  lines.map(([action, neededBy, why]) => ({ role, action: under + action, neededBy, why }))

const SECRETS = 'Microsoft.KeyVault/vaults/secrets/'
const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/'
const QUEUES = 'Microsoft.Storage/storageAccounts/queueServices/queues/'
const HOOK: CallSite = 'azure/hooks-app-service.ts#appServiceHook'

const GET: Line = [
  'getSecret/action',
  'azure/requests.ts#get',
  'The credential to change, or the one to log in with, and the tags of its version.',
]
const TAGS: readonly Line[] = [
  ['read', HOOK, 'Which version the app was restarted for.'],
  ['write', HOOK, 'The version that it was restarted for.'],
]
const RESTART: Line = ['restart/action', HOOK, 'The restart.']
const REFERENCES: readonly Line[] = [
  ['config/read', HOOK, 'Which version a reference shows.'],
  ['config/write', HOOK, 'That references are read again.'],
]

export const azureCalls: readonly AzureCall[] = [
  ...of(
    'rotates',
    SECRETS,
    GET,
    ['setSecret/action', 'azure/requests.ts#set', 'The new value, in the secret beside it and then where it is read.'],
    ['update/action', 'azure/requests.ts#enable', 'The old version is disabled, once its grace is over.'],
    [
      'readMetadata/action',
      'azure/requests.ts#versions',
      'The versions that there are, where none is on record; whether a secret that is not there was deleted.',
    ],
  ),
  ...of('reads', SECRETS, GET),
  ...of('lists', SECRETS, ['readMetadata/action', 'azure/requests.ts#list', 'Which of many secrets are worth a look.']),
  ...of('restarts', 'Microsoft.Resources/tags/', ...TAGS),
  ...of('restarts', 'Microsoft.Web/sites/', RESTART),
  ...of('refreshes', 'Microsoft.Web/sites/', ...REFERENCES),
  ...of('restarts_slot', 'Microsoft.Resources/tags/', ...TAGS),
  ...of('restarts_slot', 'Microsoft.Web/sites/slots/', RESTART),
  ...of('refreshes_slot', 'Microsoft.Web/sites/slots/', ...REFERENCES),
  ...of(
    'journal',
    BLOBS,
    ['read', 'azure/journal.ts#read', 'The record of the rotations of a secret, and of who leads.'],
    ['write', 'azure/journal.ts#write', 'The next entry, if nobody has written since.'],
  ),
  ...of(
    'queue',
    QUEUES,
    ['messages/add/action', 'azure/queue.ts#send', 'What a sweep cannot finish goes to the queue.'],
    ['write', 'azure/queue.ts#send', 'The queue, if it is not there.'],
  ),
]

export const isDataAction = (action: string): boolean => /^Microsoft\.(KeyVault|Storage)\//.test(action)
