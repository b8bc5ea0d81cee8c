/** A server on this machine, in clear or with a certificate of the tests. What it was asked is kept. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { certificate } from '../azure/common/certificate.ts'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface Listening {
  readonly url: string
  close(): Promise<void>
}

export const json = (value: object, status = 200, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  headers,
  body: JSON.stringify(value),
})

export async function listen(handle: (asked: Asked) => Answer, secure = false): Promise<Listening> {
  const server = secure ? createSecure(certificate()) : createServer()
  server.on('request', async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const { method = '', url = '/', headers } = request
    const {
      status = 200,
      type = 'text/plain',
      headers: more,
      body: text,
    } = handle({
      method,
      url: new URL(url, 'http://here'),
      headers,
      body,
    })
    response.writeHead(status, { 'content-type': type, ...more }).end(text)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `${secure ? 'https' : 'http'}://127.0.0.1:${port}`, close }
}
