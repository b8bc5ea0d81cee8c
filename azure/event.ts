/**
 * Events of Key Vault as Event Grid delivers them, in both of its schemas, and items of the queue. Untrusted: whoever has the key of the endpoint can send
 * anything. How fields are spelt differs between documentation, specification and service, so case and spaces around a name do
 * not count. https://learn.microsoft.com/azure/event-grid/event-schema-key-vault
 * @module
 */
import type { StoreConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { Fleet } from '../core/fleet/fleet.ts'
import { placeIn } from '../core/fleet/member.ts'
import { fieldOf, isObject } from '../core/functions/untrusted.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { SecretId } from '../core/ports/secret-store.ts'

/** `look`: somebody says that this version ends soon. `ignore`: nothing to do, with the reason. */
export type VaultEvent =
  | {
      readonly do: 'look'
      /** Lower case, as secret and version are. */
      readonly vault: string
      readonly secret: string
      readonly version: string | undefined
      /** As the event has it, which decides nothing. */
      readonly expires: Instant | undefined
    }
  | { readonly do: 'ignore'; readonly why: string }

const LOOK = ['microsoft.keyvault.secretnearexpiry', 'microsoft.keyvault.secretexpired']
const VAULT = /\/providers\/microsoft\.keyvault\/vaults\/([a-z0-9-]{3,24})$/
const VAULT_NAME = /^[a-z0-9-]{3,24}$/
const NAME = /^[a-z0-9-]{1,127}$/
const VERSION = /^[0-9a-f]{32}$/
const ID = /^https:\/\/([a-z0-9-]{3,24})\.[a-z0-9.-]{1,100}\/secrets\/([a-z0-9-]{1,127})(?:\/([0-9a-f]{32}))?\/?$/
/** No field of ours is longer. */
const LONGEST = 2048
/** More fields has no event. */
const MOST_FIELDS = 50

/** No event of Key Vault: `refused`, naming the field, never what was there. */
export function parseVaultEvent(event: unknown): VaultEvent {
  const envelope = fields(event, 'The event is no object.')
  const type = text(envelope, 'eventtype') ?? text(envelope, 'type')
  if (type === undefined) throw refused('The event names no type.', 'eventType')
  // our own writes come back as new versions: to act on them would never end
  if (type.startsWith('microsoft.keyvault.') && !LOOK.includes(type))
    return { do: 'ignore', why: 'Nobody asks for a rotation by an event of this type.' }
  if (!LOOK.includes(type)) throw refused('The event is not one of Key Vault.', 'eventType')
  const data = fields(envelope.get('data'), 'The event has no data.')
  const kind = text(data, 'objecttype')
  if (kind !== undefined && kind !== 'secret') return { do: 'ignore', why: 'The event is about no secret.' }
  const [, idVault, idName, idVersion] = matching(text(data, 'id'), ID, 'id')
  const source = text(envelope, 'topic') ?? text(envelope, 'source')
  const [, sourceVault] = matching(source, VAULT, 'topic')
  const [dataVault] = matching(text(data, 'vaultname'), VAULT_NAME, 'vaultName')
  const [subject] = matching(text(envelope, 'subject'), NAME, 'subject')
  const [name] = matching(text(data, 'objectname'), NAME, 'objectName')
  const [version] = matching(text(data, 'version') || undefined, VERSION, 'version')
  const expires = seconds(data.get('exp'))
  const vault = agreed([sourceVault, dataVault, idVault], 'vaultName')
  const secret = agreed([subject, name, idName], 'objectName')
  if (vault === undefined) throw refused('The event names no vault.', 'vaultName')
  if (secret === undefined) throw refused('The event names no secret.', 'objectName')
  return { do: 'look', vault, secret, version: agreed([version, idVersion], 'version'), expires }
}

type FieldMap = ReadonlyMap<string, unknown>

/** By name in lower case, without spaces around it. Two that then have one name: the first counts. */
function fields(value: unknown, otherwise: string): FieldMap {
  if (!isObject(value)) throw refused(otherwise)
  const found = new Map<string, unknown>()
  for (const [name, { value: own }] of Object.entries(Object.getOwnPropertyDescriptors(value)).slice(0, MOST_FIELDS)) {
    const plain = name.length > 100 ? name : name.trim().toLowerCase()
    if (!found.has(plain)) found.set(plain, own)
  }
  return found
}

/** In lower case, without spaces around it. Another type, or too long: `refused`. */
function text(map: FieldMap, name: string): string | undefined {
  const found = map.get(name)
  if (found === undefined || found === null) return undefined
  if (typeof found !== 'string' || found.length > LONGEST) throw refused(`The field ${name} is no short text.`, name)
  return found.trim().toLowerCase()
}

function matching(found: string | undefined, pattern: RegExp, field: string): readonly (string | undefined)[] {
  if (found === undefined) return []
  const match = pattern.exec(found)
  if (!match) throw refused(`The field ${field} of the event has no form that Key Vault gives it.`, field)
  return match
}

function agreed(said: readonly (string | undefined)[], field: string): string | undefined {
  const [one, ...others] = new Set(said.filter(each => each !== undefined))
  if (others.length > 0) throw refused(`The event contradicts itself about the ${field}.`, field)
  return one
}

/** A number of seconds since 1970, or the same as text. */
function seconds(found: unknown): Instant | undefined {
  if (found === undefined || found === null || found === '') return undefined
  const number = typeof found === 'string' && /^\s*\d{1,12}\s*$/.test(found) ? Number(found) : found
  if (typeof number === 'number' && number >= 0 && number < 1e12) return number * 1000
  throw refused('The field exp of the event is no time in seconds.', 'exp')
}

/** What the trigger of the queue hands over: it has read JSON already; anything else comes as text. */
export function textOfItem(item: unknown): unknown {
  if (!isObject(item)) return item
  const {
    secret,
    do: what,
    asked,
  } = Object.fromEntries(['secret', 'do', 'asked'].map(name => [name, fieldOf(item, name)]))
  const plain = [secret, what, asked].every(each => typeof each === 'string')
  return plain ? JSON.stringify({ secret, do: what, asked }) : '{}'
}

export interface Meant {
  /** The name in the configuration. */
  readonly secret: string
  readonly store: string
  readonly id: SecretId
}

/** The secrets of a configuration that the event means. None: it is not managed here. Key Vault compares names without case. */
export function meantBy(
  { config: { stores, secrets }, member }: Pick<Fleet, 'config' | 'member'>,
  { vault, secret }: { vault: string; secret: string },
): readonly Meant[] {
  return [...secrets.values()]
    .map(each => ({ secret: each.name, ...placeIn(each, member) }))
    .filter(({ store, id }) => id.toLowerCase() === secret && vaultName(stores.get(store)) === vault)
    .map(({ secret: name, store, id }) => ({ secret: name, store, id }))
}

const vaultName = (store: StoreConfig | undefined): string | undefined =>
  store?.kind === 'azure' ? new URL(store.vault).hostname.toLowerCase().split('.')[0] : undefined

const refused = (message: string, at?: string): RotationError =>
  new RotationError('refused', message, {
    at,
    next: 'Let only Event Grid, subscribed to the vault, call this function.',
  })
