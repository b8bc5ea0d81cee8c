/**
 * What arrives from Google Cloud: notifications of Secret Manager, and messages that Pub/Sub pushes. Untrusted: whoever may
 * publish or call can send anything. https://cloud.google.com/secret-manager/docs/event-notifications,
 * https://cloud.google.com/pubsub/docs/push#properties_of_a_push_request
 * @module
 */
import { Buffer } from 'node:buffer'
import { RotationError } from '../core/errors.ts'
import type { Fleet } from '../core/fleet/fleet.ts'
import { placeIn } from '../core/fleet/member.ts'
import { fieldOf, instantOf, isObject, textOf } from '../core/functions/untrusted.ts'
import type { Instant } from '../core/ports/clock.ts'
import type { SecretId } from '../core/ports/secret-store.ts'

export interface NamedSecret {
  /** Its id or its number, as the sender likes. */
  readonly project: string
  /** Undefined: a global secret. */
  readonly location: string | undefined
  readonly id: SecretId
}

/** `ignore`: nothing to do, with the reason. */
export type SecretEvent =
  | {
      readonly do: 'rotate'
      readonly secret: NamedSecret
      readonly at: Instant
      readonly messageId: string | undefined
    }
  | { readonly do: 'ignore'; readonly why: string }

const TYPE = 'google.cloud.pubsub.topic.v1.messagePublished'
const OTHERS = [
  ...['SECRET_CREATE', 'SECRET_UPDATE', 'SECRET_DELETE', 'SECRET_VERSION_ADD', 'SECRET_VERSION_ENABLE'],
  ...['SECRET_VERSION_DISABLE', 'SECRET_VERSION_DESTROY', 'SECRET_VERSION_DESTROY_SCHEDULED'],
]
const SECRET =
  /^projects\/([a-z0-9][a-z0-9.:-]{0,99})(?:\/locations\/([a-z0-9-]{1,40}))?\/secrets\/([A-Za-z0-9_-]{1,255})$/
const MESSAGE_ID = /^[A-Za-z0-9_-]{1,100}$/

/** No notification: `refused`, naming the field, never what was there. */
export function parseSecretEvent(event: unknown): SecretEvent {
  const message = messageOf(event)
  const attributes = fieldOf(message, 'attributes')
  const type = textOf(attributes, 'eventType')
  // a test message, sent whenever topics change: nothing but its type is in it
  if (type === 'TOPIC_CONFIGURED') return { do: 'ignore', why: 'A topic was configured.' }
  if (type === undefined) throw wrong('eventType', 'is missing or no text')
  // our own writes come back as these: to act on them would never end
  if (OTHERS.includes(type)) return { do: 'ignore', why: `Nobody asks for a rotation by ${type}.` }
  if (type !== 'SECRET_ROTATE') return { do: 'ignore', why: 'The type of the notification is not known.' }
  const at = instantOf(textOf(attributes, 'timestamp'))
  if (at === undefined) throw wrong('timestamp', 'must be a time, RFC 3339')
  const id = textOf(message, 'messageId')
  const messageId = id !== undefined && MESSAGE_ID.test(id) ? id : undefined
  return { do: 'rotate', secret: parseName(textOf(attributes, 'secretId')), at, messageId }
}

function parseName(text: string | undefined): NamedSecret {
  const [, project, location, id] = SECRET.exec(text ?? '') ?? []
  if (id === undefined) throw wrong('secretId', 'must be projects/PROJECT/secrets/SECRET')
  return { project: project!, location, id }
}

/** As an event carries it; or, with neither type nor data, as a subscription of the older kind pushes it. */
function messageOf(event: unknown): object {
  if (!isObject(event)) throw refused('The event is no object.')
  const type = fieldOf(event, 'type')
  if (type !== undefined && type !== TYPE) throw refused('The event is no message of Pub/Sub.', 'type')
  const message = fieldOf(fieldOf(event, 'data'), 'message') ?? fieldOf(event, 'message')
  if (!isObject(message)) throw refused('The event holds no message.', 'message')
  return message
}

/** No item of ours is longer, nor is its base64. */
const LONGEST = 4096
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** The text in the body with which Pub/Sub calls a worker. Anything else: `refused`. */
export function textOfPush(body: unknown): string {
  const data = fieldOf(messageOf(body), 'data')
  if (typeof data !== 'string' || data.length > LONGEST || !BASE64.test(data))
    throw refused('The message holds no short data in base64.', 'data')
  return Buffer.from(data, 'base64').toString()
}

export interface Candidate {
  /** The name in the configuration. */
  readonly secret: string
  readonly store: string
  readonly id: SecretId
  /** The sender says one of id and number, the configuration the other: only the service knows whether they are one project. */
  readonly sameProject: boolean | 'unknown'
}

/** The secrets of a configuration that the event may mean. None: it is not managed here. */
export function candidates(
  { config: { stores, secrets }, member }: Pick<Fleet, 'config' | 'member'>,
  named: NamedSecret,
): readonly Candidate[] {
  const found: Candidate[] = []
  for (const secret of secrets.values()) {
    const { store, id } = placeIn(secret, member)
    const place = stores.get(store)
    if (place?.kind !== 'gcp' || id !== named.id || place.location !== named.location) continue
    const sameProject = sameAs(place.project, named.project)
    if (sameProject) found.push({ secret: secret.name, store, id, sameProject })
  }
  return found
}

export const isNumber = (project: string): boolean => /^\d+$/.test(project)

const sameAs = (one: string, other: string): boolean | 'unknown' =>
  isNumber(one) === isNumber(other) ? one === other : 'unknown'

/** The project in the full name of a secret. */
export const projectIn = (name: string): string | undefined => SECRET.exec(name)?.[1]

const wrong = (field: string, says: string): RotationError =>
  refused(`The attribute ${field} of the message ${says}.`, field)

const refused = (message: string, at?: string): RotationError =>
  new RotationError('refused', message, { at, next: 'Let only Google Cloud send to this function.' })
