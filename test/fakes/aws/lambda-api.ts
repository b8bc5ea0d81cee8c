/**
 * Lambda's side of the Runtime API, for one runtime process at a time: an HTTP server on 127.0.0.1.
 * Paths and headers: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type InvokeAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false
      readonly errorType: string
      readonly errorMessage: string
      readonly stackTrace: readonly string[]
    }

export interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly functionArn: string
  /** Called when the runtime fetches it; answers its deadline, in ms since 1970. */
  readonly fetched: () => number
}

/** Everything that the runtime posted, as it was: Lambda shows all of it to whoever invoked, logs or traces. */
export interface Posted {
  readonly path: string
  readonly body: string
  /** The cause that goes to X-Ray, with the message and the stack in it. */
  readonly xray: string | undefined
}

export interface RuntimeApi {
  /** For `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string
  /** The runtime gets it when it next asks, or at once if it already waits. One at a time. */
  hand(invocation: Invocation): void
  close(): Promise<void>
}

export interface RuntimeListener {
  /** The runtime asks for work: it is initialised, and idle. */
  asking(): void
  answered(id: string, answer: InvokeAnswer): void
  initFailed(answer: InvokeAnswer): void
  posted(posted: Posted): void
}

const BASE = '/2018-06-01/runtime'

export async function startRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  let handed: Invocation | undefined
  let waiting: ServerResponse | undefined
  const fetch = () => {
    if (handed === undefined || waiting === undefined) return
    send(waiting, handed)
    handed = waiting = undefined
  }
  const server = createServer(async (request, response) => {
    if (request.url === `${BASE}/invocation/next`) {
      waiting = response
      response.on('close', () => {
        if (waiting === response) waiting = undefined // nobody reads it any more
      })
      listener.asking()
      return fetch()
    }
    const body = await bodyOf(request).catch(() => undefined)
    if (body === undefined) return // killed while it posted
    const xray = request.headers['lambda-runtime-function-xray-error-cause']
    listener.posted({ path: request.url!, body, xray: xray?.toString() })
    const id = request.url?.match(/^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(?:response|error)$/)?.[1]
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    if (request.url === `${BASE}/init/error`) listener.initFailed(failure(body))
    else if (request.url?.endsWith('/error')) listener.answered(id!, failure(body))
    else listener.answered(id!, { ok: true, result: JSON.parse(body) })
  })
  server.keepAliveTimeout = 0 // a warm runtime is silent for as long as nobody invokes it
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    hand(invocation) {
      handed = invocation
      fetch()
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function send(response: ServerResponse, invocation: Invocation): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': invocation.id,
    'lambda-runtime-deadline-ms': String(invocation.fetched()),
    'lambda-runtime-invoked-function-arn': invocation.functionArn,
    'lambda-runtime-trace-id': `Root=1-${invocation.id.slice(0, 8)}-${invocation.id.replaceAll('-', '').slice(8)}`,
  })
  response.end(JSON.stringify(invocation.event))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

// Node.js's runtime client calls the stack `trace`
function failure(body: string): InvokeAnswer {
  const { errorType, errorMessage, trace = [] } = JSON.parse(body)
  return { ok: false, errorType, errorMessage, stackTrace: trace }
}
