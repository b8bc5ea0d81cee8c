// One port for both transports: gRPC over HTTP/2 in the clear, and REST over HTTP/1.1.
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ConnectionLost, ServiceFault } from './errors.ts'
import type { Handle } from './handle.ts'
import { tokenOf } from './in-process.ts'
import { serveRest } from './rest.ts'
import { codecs, statusDetails } from './wire.ts'

export interface Listening {
  readonly port: number
  close(): Promise<void>
}

/** Serves one endpoint on 127.0.0.1, at a free port: the global one, or that of a location. */
export async function listen(handle: Handle, location: string | undefined): Promise<Listening> {
  const rest = createHttp((request, response) => void serveHttp(handle, location, request, response))
  // Longer than any pause of a test: a connection that the server closes between two calls would be a fault unasked for.
  rest.keepAliveTimeout = 120_000
  const grpc = createHttp2()
  grpc.on('stream', (stream, headers) => void serveStream(handle, location, stream, headers))
  grpc.on('sessionError', () => {})
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    socket.once('data', first => {
      socket.pause()
      socket.unshift(first)
      // The preface of HTTP/2 (RFC 9113, 3.4).
      const target = first.subarray(0, 3).toString() === 'PRI' ? grpc : rest
      target.emit('connection', socket)
      if (target === rest) process.nextTick(() => socket.resume())
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { port: (server.address() as AddressInfo).port, close }
}

async function serveHttp(
  handle: Handle,
  location: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = (await collect(request)).toString()
    const { method = 'GET', url = '/', headers } = request
    const answer = await serveRest(handle, { method, url, body, authorization: headers.authorization, location })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  } catch {
    request.socket.destroy()
  }
}

const TYPE = { ':status': 200, 'content-type': 'application/grpc+proto' }

async function serveStream(
  handle: Handle,
  location: string | undefined,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  stream.on('error', () => {})
  try {
    const codec = codecs.get(headers[':path'] ?? '')
    if (!codec) throw new ServiceFault('UNIMPLEMENTED', `Method not found: ${headers[':path']}.`)
    const input = codec.requestDeserialize(unframe(await collect(stream)))
    const answer = await handle({ op: codec.name, input, token: tokenOf(headers.authorization), location })
    if (stream.destroyed) return
    stream.respond(TYPE, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(frame(codec.responseSerialize(answer)))
  } catch (error) {
    if (stream.destroyed) return
    if (error instanceof ServiceFault) stream.respond({ ...TYPE, ...trailers(error) }, { endStream: true })
    else stream.session?.socket.destroy()
    if (!(error instanceof ServiceFault || error instanceof ConnectionLost)) throw error
  }
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** One message: a byte for compression, four for the length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const unframe = (bytes: Buffer): Buffer => bytes.subarray(5, 5 + bytes.readUInt32BE(1))

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function trailers(fault: ServiceFault): Record<string, string> {
  const details = statusDetails(fault)
  return {
    'grpc-status': String(fault.code),
    // "Percent-encoded": all but printable ASCII, and the percent sign (gRPC over HTTP/2, "Responses").
    'grpc-message': fault.message.replaceAll(/[^ -$&-~]/gu, character => encodeURIComponent(character)),
    ...(details && { 'grpc-status-details-bin': details.toString('base64') }),
  }
}
