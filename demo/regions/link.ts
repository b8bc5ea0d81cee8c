/**
 * A line between two regions: everything that is sent arrives later, in both directions, and while the line is cut it arrives when
 * the line is whole again, as TCP would send it once more. Who has given up by then is not waited for.
 * @module
 */
import net, { type AddressInfo } from 'node:net'

/** One way; a question and its answer take twice as long. */
export const ONE_WAY_MS = 40

export interface Link {
  readonly port: number
  /** Nothing passes any more; connections stay open and new ones are accepted. */
  cut(): void
  heal(): void
  close(): Promise<void>
}

interface Sent {
  readonly at: number
  readonly to: net.Socket
  /** Absent: the end of what this side has to say. */
  readonly data?: Buffer
}

export async function openLink(target: { readonly host: string; readonly port: number }): Promise<Link> {
  const way = new Way()
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true }, near => {
    const far = net.connect({ ...target, allowHalfOpen: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('data', data => way.send({ to, data }))
      from.on('end', () => way.send({ to }))
      from.on('error', () => to.destroy())
      from.on('close', () => sockets.delete(from))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => way.cut(),
    heal: () => way.heal(),
    async close() {
      way.stop()
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** What is under way, oldest first. */
class Way {
  #sent: Sent[] = []
  #timer: NodeJS.Timeout | undefined
  #whole = true

  send(what: Omit<Sent, 'at'>): void {
    this.#sent.push({ ...what, at: performance.now() })
    this.#next()
  }

  cut(): void {
    this.#whole = false
    this.stop()
  }

  heal(): void {
    this.#whole = true
    const at = performance.now()
    this.#sent = this.#sent.map(each => ({ ...each, at }))
    this.#next()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #next(): void {
    const [first] = this.#sent
    if (!first || !this.#whole || this.#timer) return
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, first.at + ONE_WAY_MS - performance.now()))
  }

  #arrive(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#sent[0] && this.#sent[0].at + ONE_WAY_MS <= now) {
      const { to, data } = this.#sent.shift()!
      if (to.destroyed || !to.writable) continue
      if (data) to.write(data)
      else to.end()
    }
    this.#next()
  }
}
