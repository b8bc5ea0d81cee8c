import { Readable } from 'node:stream'
import { RestError, type SecretClientOptions } from '@azure/keyvault-secrets'
import { ConnectionLost, type Handle } from './wire.ts'

/** The transport of an Azure SDK's pipeline. */
export type HttpClient = NonNullable<SecretClientOptions['httpClient']>
type PipelineRequest = Parameters<HttpClient['sendRequest']>[0]
type PipelineResponse = Awaited<ReturnType<HttpClient['sendRequest']>>

/** The SDK's transport without sockets: the real client, its policies and retries included, straight into a fake. */
export function inProcess(handle: Handle): HttpClient {
  return {
    async sendRequest(request) {
      if (request.abortSignal?.aborted) throw aborted()
      try {
        const { method, url } = request
        const sent = { method, url, headers: request.headers.toJSON(), body: asText(request.body) }
        const answer = await handle(sent)
        return answered(request, answer.status, answer.headers, answer.body)
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
        throw new RestError(error.message, { code: error.code, request })
      }
    },
  }
}

/** As the transport over sockets names it. */
const aborted = (): Error => Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' })

function answered(
  request: PipelineRequest,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): PipelineResponse {
  // the SDK's own class of headers, taken from the request: the package that exports it is not a dependency of ours
  const Headers = request.headers.constructor as new (raw: object) => PipelineResponse['headers']
  const streams = request.streamResponseStatusCodes
  const streamed = streams?.has(status) || streams?.has(Number.POSITIVE_INFINITY)
  const content = streamed ? { readableStreamBody: Readable.from([Buffer.from(body)]) } : { bodyAsText: body }
  return { request, status, headers: new Headers(headers), ...content }
}

function asText(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new TextDecoder().decode(body)
  if (body instanceof ArrayBuffer) return new TextDecoder().decode(new Uint8Array(body))
  if (body === undefined || body === null) return ''
  throw new TypeError('this body is not text')
}
