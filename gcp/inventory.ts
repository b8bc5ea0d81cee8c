/**
 * Which secrets a project has, how they are read and what reminds of them: read, never changed.
 * Permission: `secretmanager.secrets.list`.
 * @module
 */
import type { protos, SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { Duration, Instant } from '../core/ports/clock.ts'
import { mapError } from './errors.ts'
import { type Parent, pathOf, secretOf } from './requests.ts'

type RawSecret = protos.google.cloud.secretmanager.v1.ISecret

export interface Listed {
  readonly name: string
  /** Name of the alias: number of the version. */
  readonly aliases: Readonly<Record<string, number>>
  /** How often the service sends a reminder. */
  readonly period?: Duration
  /** When it sends the next one. */
  readonly remindsAt?: Instant
  /** Who is reminded: `projects/…/topics/…`. */
  readonly topics: readonly string[]
  /** When the service deletes the secret. */
  readonly expiresAt?: Instant
  /** Why Google Cloud rotates it itself. */
  readonly managed?: string
}

/** Every secret of the place, page by page; minutes old. Denied: `access-denied`. */
export async function* listSecrets(
  client: SecretManagerServiceClient,
  parent: Parent,
  signal: AbortSignal,
): AsyncIterable<Listed> {
  const asked = { operation: 'ListSecrets', permission: 'secretmanager.secrets.list', writes: false }
  for (let pageToken: string | undefined; ; ) {
    signal.throwIfAborted()
    const request = { parent: pathOf(parent), pageSize: 1_000, ...(pageToken !== undefined && { pageToken }) }
    const page = await client.listSecrets(request, { autoPaginate: false }).catch((error: unknown) => {
      throw mapError(error, asked, signal)
    })
    const [secrets, , response] = page as [RawSecret[], unknown, { nextPageToken?: string | null } | undefined]
    for (const secret of secrets) yield listed(secret)
    pageToken = response?.nextPageToken ?? undefined
    if (!pageToken) return
  }
}

function listed(raw: RawSecret): Listed {
  const { name, aliases, managed } = secretOf(raw)
  const period = secondsOf(raw.rotation?.rotationPeriod)
  const next = secondsOf(raw.rotation?.nextRotationTime)
  const expires = secondsOf(raw.expireTime)
  return {
    name: name.slice(name.lastIndexOf('/') + 1),
    aliases,
    topics: (raw.topics ?? []).map(topic => topic.name ?? ''),
    ...(period !== undefined && { period: period * 1_000 }),
    ...(next !== undefined && { remindsAt: next * 1_000 }),
    ...(expires !== undefined && { expiresAt: expires * 1_000 }),
    ...(managed !== undefined && { managed }),
  }
}

/** gRPC has numbers; REST has texts. */
function secondsOf(time: unknown): number | undefined {
  if (typeof time === 'string')
    return time.endsWith('s') ? Number(time.slice(0, -1)) : Math.floor(Date.parse(time) / 1_000)
  const { seconds } = Object(time) as { seconds?: unknown }
  return seconds == null ? undefined : Number(seconds)
}
