// Pub/Sub notifications (docs, "Event notifications"): one message a topic for each operation that changes something.
import type { SecretState, Version } from './model.ts'
import { secretAnswer, versionAnswer } from './render.ts'
import { toJson } from './wire.ts'

export type EventType =
  | 'SECRET_CREATE'
  | 'SECRET_UPDATE'
  | 'SECRET_DELETE'
  | 'SECRET_VERSION_ADD'
  | 'SECRET_VERSION_ENABLE'
  | 'SECRET_VERSION_DISABLE'
  | 'SECRET_VERSION_DESTROY'
  | 'SECRET_VERSION_DESTROY_SCHEDULED'
  | 'SECRET_ROTATE'
  | 'TOPIC_CONFIGURED'

/** A message as Pub/Sub delivers it: `data` is base64 of JSON, absent in a test message. */
export interface PubsubMessage {
  readonly messageId: string
  /** RFC 3339. */
  readonly publishTime: string
  readonly attributes: Readonly<Record<string, string>> & { readonly eventType: EventType }
  readonly data?: string
}

export interface ServiceEvent {
  readonly topic: string
  readonly message: PubsubMessage
}

export type TopicFault = 'TOPIC_NOT_FOUND' | 'TOPIC_PERMISSION_DENIED'

export class Events {
  readonly list: ServiceEvent[] = []
  /** What only the audit log tells when a topic cannot be reached (secret_event.proto). */
  readonly log: { readonly type: TopicFault; readonly topic: string; readonly secret: string }[] = []
  readonly #broken = new Map<string, TopicFault>()
  readonly #listeners = new Set<(event: ServiceEvent) => void>()
  #published = 0

  /** Called at once for each message. Answers how to stop listening. */
  onEvent(listener: (event: ServiceEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** From now on messages to this topic get lost, and no caller learns of it. */
  breakTopic(topic: string, fault: TopicFault = 'TOPIC_PERMISSION_DENIED'): void {
    this.#broken.set(topic, fault)
  }

  mendTopic(topic: string): void {
    this.#broken.delete(topic)
  }

  /** Sent to all topics whenever they change. It has its type only, and says nothing of whether the call succeeds. */
  topicsConfigured(state: SecretState, at: number): void {
    this.#publish(state, at, { eventType: 'TOPIC_CONFIGURED' })
  }

  secret(type: EventType, state: SecretState, at: number, more: Readonly<Record<string, string>> = {}): void {
    if (state.topics.length === 0) return
    const attributes = { ...common(type, state, at), ...more }
    this.#publish(state, at, attributes, toJson('Secret', secretAnswer(state)))
  }

  version(type: EventType, state: SecretState, version: Version, at: number): void {
    if (state.topics.length === 0) return
    const attributes = { ...common(type, state, at), versionId: String(version.number) }
    this.#publish(state, at, attributes, toJson('SecretVersion', versionAnswer(state, version)))
  }

  #publish(state: SecretState, at: number, attributes: PubsubMessage['attributes'], json?: object): void {
    for (const topic of state.topics) {
      const fault = this.#broken.get(topic)
      if (fault) {
        this.log.push({ type: fault, topic, secret: state.name })
        continue
      }
      const message = {
        messageId: String(8_231_940_000 + ++this.#published),
        publishTime: new Date(at).toISOString(),
        attributes,
        ...(json && { data: Buffer.from(JSON.stringify(json)).toString('base64') }),
      }
      const event = { topic, message }
      this.list.push(event)
      for (const listener of this.#listeners) listener(event)
    }
  }
}

const common = (eventType: EventType, state: SecretState, at: number) => ({
  eventType,
  dataFormat: 'JSON_API_V1',
  secretId: state.name,
  timestamp: new Date(at).toISOString().replace(/Z$/, '000-00:00'),
})
