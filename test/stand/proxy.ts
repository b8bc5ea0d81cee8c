/**
 * A TCP proxy in this process that can lose a server's answer, or everything: what a client then knows is nothing.
 * @module
 */

import type { AddressInfo } from 'node:net'
import net from 'node:net'

export type Loss = 'delivered' | 'swallowed' | 'silent' | 'held' | 'none'

export interface TcpProxy {
  readonly host: string
  readonly port: number
  /**
   * The next time a client sends `text`: `delivered` passes it on and cuts the connection instead of passing on the answer;
   * `swallowed` cuts it without passing it on; `silent` passes it on and lets the client wait for ever; `held` keeps it and
   * lets both wait, the server until it loses patience; `none` passes on both. Resolves when it has happened.
   */
  loseAnswerTo(text: string, how?: Loss): Promise<void>
  /** Half open: connections stay, new ones are accepted, and nothing passes any more, until what is answered is called. */
  stall(): () => void
  /** Connections accepted so far. */
  readonly connections: number
  stop(): Promise<void>
}

export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  let armed: { text: string; how: Loss; happened: () => void } | undefined
  let connections = 0
  let stalled = false
  const sockets = new Set<net.Socket>()
  const server = net.createServer(client => {
    connections++
    const upstream = net.connect(target)
    let losing = false
    let held = false
    const cut = () => {
      client.destroy()
      if (!held) upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut).on('close', cut).setNoDelay(true)
    }
    let lost = false
    client.on('data', data => {
      lost ||= stalled
      if (lost) return
      if (armed === undefined || !data.includes(armed.text)) return upstream.write(data)
      const { how, happened } = armed
      armed = undefined
      losing = how !== 'none'
      happened()
      held = how === 'held'
      if (held) return
      if (how === 'swallowed') return cut()
      if (how === 'delivered') upstream.once('data', cut)
      return upstream.write(data)
    })
    upstream.on('data', data => {
      lost ||= stalled
      if (!lost && !losing) client.write(data)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    loseAnswerTo: (text, how = 'delivered') =>
      new Promise(happened => {
        armed = { text, how, happened }
      }),
    stall() {
      stalled = true
      return () => {
        stalled = false
      }
    },
    get connections() {
      return connections
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
