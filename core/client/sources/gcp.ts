/**
 * Google Secret Manager, through the application's own client: `gcpSource({ client, project })` with a
 * `SecretManagerServiceClient`. Needs `secretmanager.versions.access`.
 * @module
 */
import { Buffer } from 'node:buffer'
import { systemClock } from '../../ports/clock.ts'
import { ClientError, shortCode } from '../client-error.ts'
import type { SecretSource } from '../secret-source.ts'

interface Accessed {
  readonly name?: string | null
  readonly payload?: { readonly data?: Uint8Array | string | null } | null
}

export interface GcpSourceOptions {
  readonly client: {
    accessSecretVersion(
      request: { name: string },
      options: { timeout: number },
    ): Promise<readonly [Accessed, ...(readonly unknown[])]>
  }
  readonly project: string
  /** Of regional secrets; the client then needs the regional endpoint. */
  readonly location?: string
  /** The alias that consumers read. Default: `latest`, which is the newest version. */
  readonly current?: string
  /** The alias of the previous version, if there is one. */
  readonly previous?: string
}

const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const FAILED_PRECONDITION = 9
const UNAUTHENTICATED = 16

export function gcpSource(options: GcpSourceOptions): SecretSource {
  const { client, project, location, current = 'latest', previous } = options
  const place = location === undefined ? `projects/${project}` : `projects/${project}/locations/${location}`
  return {
    async read(secret, which, { deadline }) {
      const alias = which === 'current' ? current : previous
      if (alias === undefined) return undefined
      // Its promise cannot be cancelled from here; the deadline is what ends it.
      const timeout = Math.max(deadline - systemClock.now(), 1)
      try {
        const [version] = await client.accessSecretVersion(
          { name: `${place}/secrets/${secret}/versions/${alias}` },
          { timeout },
        )
        return versionOf(version)
      } catch (error) {
        if (error instanceof ClientError) throw error
        return absentOrThrow(error)
      }
    },
  }
}

function versionOf({ name, payload }: Accessed) {
  const data = payload?.data
  if (data === undefined || data === null || !name)
    throw new ClientError('store-unavailable', 'Secret Manager answered without a value.')
  // Base64 over REST.
  const value = Buffer.from(data as string, typeof data === 'string' ? 'base64' : undefined).toString()
  return { value, version: name.slice(name.lastIndexOf('/') + 1) }
}

function absentOrThrow(error: unknown): undefined {
  const { code } = error as { code?: unknown }
  const foreign = typeof code === 'number' ? `grpc-${code}` : shortCode(error)
  if (code === NOT_FOUND || code === 404) return undefined
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED || code === 403 || code === 401)
    throw new ClientError('access-denied', 'Secret Manager refuses secretmanager.versions.access.', { foreign })
  if (code === FAILED_PRECONDITION)
    throw new ClientError('access-denied', 'The version that is read is disabled or destroyed.', { foreign })
  throw new ClientError('store-unavailable', 'Secret Manager did not answer.', { foreign })
}
