/**
 * A small server that answers as a test says, and keeps what it was asked. A fake of ours: not a cloud.
 * @module
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Reply {
  readonly status?: number
  readonly json?: unknown
  readonly headers?: Record<string, string>
  /** No answer at all. */
  readonly hang?: boolean
}

export interface Fake {
  readonly url: string
  readonly received: Received[]
}

/** Closed when the test has finished. */
export async function startFake(reply: (request: Received) => Reply | Promise<Reply>): Promise<Fake> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const { method = '', url = '', headers } = request
    const one = { method, path: url, headers: headers as Record<string, string>, body }
    received.push(one)
    const { status = 200, json, headers: more, hang } = await reply(one)
    if (hang) return
    response.writeHead(status, { 'content-type': 'application/json', ...more })
    response.end(json === undefined ? '' : JSON.stringify(json))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}
