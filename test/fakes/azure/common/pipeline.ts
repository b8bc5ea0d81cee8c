import { Readable } from 'node:stream'
import { RestError, type SecretClientOptions } from '@azure/keyvault-secrets'
import type { StoragePipelineOptions } from '@azure/storage-blob'
import { ConnectionLost, type Handle, type WireAnswer } from './wire.ts'

/** The transport of an Azure SDK's pipeline. */
export type HttpClient = NonNullable<SecretClientOptions['httpClient']>
type PipelineResponse = Awaited<ReturnType<HttpClient['sendRequest']>>

/** That of the storage client, which has the interface of an older pipeline. */
export type StorageHttpClient = NonNullable<StoragePipelineOptions['httpClient']>

/** What both kinds of requests have. */
interface Sent {
  readonly method: string
  readonly url: string
  readonly body?: unknown
  readonly abortSignal?: { readonly aborted: boolean }
  readonly streamResponseStatusCodes?: ReadonlySet<number>
}

/** The SDK's transport without sockets: the real client, its policies and retries included, straight into a fake. */
export function inProcess(handle: Handle): HttpClient {
  return {
    async sendRequest(request) {
      const { status, headers, ...content } = await exchange(handle, request, request.headers.toJSON())
      // the SDK's own class of headers, taken from the request: the package that exports it is not a dependency of ours
      const Headers = request.headers.constructor as new (raw: object) => PipelineResponse['headers']
      return { request, status, headers: new Headers(headers), ...content }
    },
  }
}

export function inProcessStorage(handle: Handle): StorageHttpClient {
  return {
    async sendRequest(request) {
      const { headers, ...rest } = await exchange(handle, request as Sent, request.headers.toJson())
      const toJson = () => ({ ...headers })
      return { request, headers: { ...request.headers, toJson }, ...rest } as Answered
    },
  }
}

type Answered = Awaited<ReturnType<StorageHttpClient['sendRequest']>>

type Exchanged = Pick<WireAnswer, 'status' | 'headers'> & ({ readableStreamBody: Readable } | { bodyAsText: string })

/** @throws RestError as the transport over sockets throws it where a connection ends, or was never there. */
async function exchange(handle: Handle, request: Sent, headers: Record<string, string>): Promise<Exchanged> {
  if (request.abortSignal?.aborted) throw aborted()
  const { method, url, streamResponseStatusCodes: streams } = request
  try {
    const { status, headers: answered, body } = await handle({ method, url, headers, body: asText(request.body) })
    const streamed = streams?.has(status) || streams?.has(Number.POSITIVE_INFINITY)
    const content = streamed ? { readableStreamBody: Readable.from([Buffer.from(body)]) } : { bodyAsText: body }
    return { status, headers: answered, ...content }
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error
    throw new RestError(error.message, { code: error.code })
  }
}

/** As the transport over sockets names it. */
const aborted = (): Error => Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' })

function asText(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new TextDecoder().decode(body)
  if (body instanceof ArrayBuffer) return new TextDecoder().decode(new Uint8Array(body))
  if (body === undefined || body === null) return ''
  throw new TypeError('this body is not text')
}
