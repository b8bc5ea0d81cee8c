import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectionLost } from './errors.ts'
import type { Handle } from './handle.ts'

export interface Listening {
  readonly endpoint: string
  close(): Promise<void>
}

/** Serves one region on 127.0.0.1, at a free port. */
export async function listen(handle: Handle, region: string): Promise<Listening> {
  const server = createServer((request, response) => void serve(handle, region, request, response))
  // Longer than any pause of a test: a connection that the server closes between two calls would be a fault unasked for.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}`, close: () => close(server) }
}

async function serve(
  handle: Handle,
  region: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const target = String(request.headers['x-amz-target'] ?? '')
    const accessKeyId = keyOf(request.headers.authorization)
    const answer = await handle({ target, accessKeyId, region, body: Buffer.concat(chunks).toString() })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch (error) {
    request.socket.destroy()
    // Anything else means that the client went away while it was sending: there is nobody to tell.
    if (!(error instanceof ConnectionLost)) response.destroy()
  }
}

/** From `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/secretsmanager/aws4_request, …`. The signature is not checked. */
const keyOf = (authorization: string | undefined): string => /Credential=([^/]+)\//.exec(authorization ?? '')?.[1] ?? ''

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
