/**
 * A small host of Azure Functions: a process of its own that loads a function app as the platform does, with the host's side of the
 * library's interface (`@azure/functions-core`), and gives invocations to the library's own model. Also the app's managed identity.
 * It is not the platform: it schedules nothing, and delivers nothing again.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

export interface Registered {
  readonly name: string
  readonly bindings: Readonly<Record<string, { readonly type: string; readonly [setting: string]: unknown }>>
  readonly retryOptions?: Readonly<Record<string, unknown>>
}

/** What the platform hands over: JSON of a timer or an event, the text of a queue's message, or a request. */
export type Input =
  | { readonly json: string }
  | { readonly string: string }
  | { readonly http: { readonly method: string; readonly url: string; readonly body?: { readonly string: string } } }

export interface Ended {
  /** Absent: the invocation failed, and the platform delivers again what it can. */
  readonly returnValue?: unknown
  /** Of an HTTP answer. */
  readonly body?: string
  readonly error?: { readonly message: string; readonly stack: string }
  readonly logs: readonly { readonly level: string; readonly message: string }[]
}

export interface AzureHost {
  readonly registered: readonly Registered[]
  /** Milliseconds that loading the app took, and processor time of the process until then. */
  readonly loadMs: number
  invoke(name: string, input: Input): Promise<Ended>
  /** All that the process has written. */
  output(): string
  close(): Promise<void>
}

export interface HostOptions {
  /** The bundle. */
  readonly app: string
  readonly env?: Readonly<Record<string, string>>
  /** PEM text of an authority that the process trusts. */
  readonly caFile?: string
}

/** The app cannot be loaded: throws with what it has written. */
export async function startAzureHost({ app, env = {}, caFile }: HostOptions): Promise<AzureHost> {
  const child = fork(path.join(import.meta.dirname, 'azure-host-process.ts'), [app], {
    env: {
      PATH: process.env.PATH!,
      HOME: '/nonexistent',
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      ...(caFile !== undefined && { NODE_EXTRA_CA_CERTS: caFile }),
      ...env,
    },
    execArgv: [],
    silent: true,
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', data => (output += String(data)))
  const gone = once(child, 'exit')
  const loaded = await Promise.race([answer(child, 'loaded'), gone.then(() => undefined)])
  if (!loaded) throw new Error(`the app was not loaded:\n${output}`)
  return {
    ...(loaded as Pick<AzureHost, 'registered' | 'loadMs'>),
    async invoke(name, input) {
      const id = randomUUID()
      const ended = answer(child, id)
      child.send({ id, name, input })
      const got = await Promise.race([ended, gone.then(() => undefined)])
      if (!got) throw new Error(`the host has ended:\n${output}`)
      return got as unknown as Ended
    },
    output: () => output,
    async close() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

const answer = (child: ChildProcess, id: string): Promise<Record<string, unknown>> =>
  new Promise(resolve => {
    const listen = (message: unknown) => {
      const sent = message as Record<string, unknown>
      if (sent.id !== id) return
      child.off('message', listen)
      resolve(sent)
    }
    child.on('message', listen)
  })

/** The endpoint that App Service has for the identity of an app, as `ManagedIdentityCredential` calls it; and the settings that name it. */
export async function startIdentity(
  tokenFor: (resource: string) => string,
): Promise<{ readonly env: Readonly<Record<string, string>>; close(): Promise<void> }> {
  const secret = randomUUID()
  const server: Server = createServer((request, response) => {
    const resource = new URL(request.url!, 'http://127.0.0.1').searchParams.get('resource')
    const known = request.headers['x-identity-header'] === secret && resource !== null
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    const expires = String(Math.floor(Date.now() / 1000) + 86_400)
    const token = known && { access_token: tokenFor(resource), expires_on: expires, resource, token_type: 'Bearer' }
    response.end(JSON.stringify(token || {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: secret },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
