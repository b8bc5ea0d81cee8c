import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import type { Handle } from './handle.ts'

interface Sent {
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** The SDK's transport without sockets: the real client, signing and retries included, straight into the fake. */
export function requestHandler(
  handle: Handle,
  region: string,
): NonNullable<SecretsManagerClientConfig['requestHandler']> {
  return {
    async handle(request: Sent, options: { abortSignal?: { aborted: boolean } } = {}) {
      if (options.abortSignal?.aborted) throw Object.assign(new Error('Request aborted'), { name: 'AbortError' })
      const { headers, body } = request
      const target = headers['x-amz-target'] ?? headers['X-Amz-Target'] ?? ''
      const accessKeyId = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? ''
      const answer = await handle({ target, accessKeyId, region, body: asText(body) })
      const response = { statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) }
      return { response }
    },
    destroy() {},
  } as unknown as NonNullable<SecretsManagerClientConfig['requestHandler']>
}

const asText = (body: unknown): string =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
