import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'
import { ConnectionLost, type Handle } from './wire.ts'

export interface Listening {
  readonly port: number
  close(): Promise<void>
}

/** Serves every host name on 127.0.0.1, at a free port. */
export async function listen(handle: Handle, { cert, key }: Certificate): Promise<Listening> {
  const server = createServer({ cert, key }, (request, response) => void serve(handle, request, response))
  // Longer than any pause of a test: a connection that the server closes between two calls would be a fault unasked for.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { port, close: () => close(server) }
}

async function serve(handle: Handle, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const url = `https://${request.headers.host}${request.url}`
    const answer = await handle({ method: request.method ?? '', url, headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch (error) {
    request.socket.destroy()
    // Anything else means that the client went away while it was sending: there is nobody to tell.
    if (!(error instanceof ConnectionLost)) response.destroy()
  }
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
