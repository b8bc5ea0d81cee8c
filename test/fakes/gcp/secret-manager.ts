// A fake of Google Cloud Secret Manager v1: the documented semantics, for the official client over gRPC and REST or in
// this process. Where the documentation is silent, the comment beside the rule says what is assumed. It is not the service.

import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { CallLog } from './secret-manager/calls.ts'
import { Events } from './secret-manager/events.ts'
import { Faults } from './secret-manager/faults.ts'
import { type Handle, handler } from './secret-manager/handle.ts'
import { gaxWith, stub } from './secret-manager/in-process.ts'
import { Keys } from './secret-manager/keys.ts'
import { Permissions } from './secret-manager/permissions.ts'
import { Quotas } from './secret-manager/quotas.ts'
import { type RestAnswer, type RestRequest, serveRest } from './secret-manager/rest.ts'
import { Secrets } from './secret-manager/secrets.ts'
import { type Listening, listen } from './secret-manager/server.ts'
import { Service } from './secret-manager/service.ts'
import { gax } from './secret-manager/wire.ts'
import type { World } from './secret-manager/world.ts'

export type { Call } from './secret-manager/calls.ts'
export { ConnectionLost, ServiceFault } from './secret-manager/errors.ts'
export type { EventType, PubsubMessage, ServiceEvent } from './secret-manager/events.ts'
export type { Fault, Staleness } from './secret-manager/faults.ts'
export type { Handle, WireRequest } from './secret-manager/handle.ts'
export type { RestAnswer, RestRequest } from './secret-manager/rest.ts'
export type { NewSecret, Peeked, PeekedVersion } from './secret-manager/service.ts'

export interface SecretManagerOptions {
  /** Default test-project. */
  readonly projectId?: string
  /** What the service puts into the names that it answers. Default 123456789012. */
  readonly projectNumber?: string
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number
  /** How latency passes. Default: a timer. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface ClientOptions {
  /** The access token. Default `test`. */
  readonly token?: string
  /** The regional endpoint of this location. Default: the global endpoint. */
  readonly location?: string
  /** More options of the client's constructor. */
  readonly options?: ConstructorParameters<typeof SecretManagerServiceClient>[0]
}

/** Everything but the network. */
export interface SecretManagerCore {
  readonly projectId: string
  readonly projectNumber: string
  readonly service: Service
  readonly calls: CallLog
  readonly faults: Faults
  readonly permissions: Permissions
  /** One request without a socket and without a client. @throws ServiceFault, ConnectionLost */
  readonly handle: Handle
  /** One REST request without a socket. @throws ConnectionLost */
  readonly rest: (request: RestRequest) => Promise<RestAnswer>
  /** The official client (gRPC dialect) without sockets: gax with its retries, deadlines and signals, no channel. */
  inProcessClient(options?: ClientOptions): SecretManagerServiceClient
}

export interface FakeSecretManager extends SecretManagerCore {
  /** `127.0.0.1`, for apiEndpoint; gRPC in the clear and REST over http are on the same port. */
  readonly host: string
  readonly port: number
  /** The official client over gRPC. The caller closes it; close() does not. */
  client(options?: ClientOptions): SecretManagerServiceClient
  /** The official client over REST (`fallback: true`). */
  restClient(options?: ClientOptions): SecretManagerServiceClient
  /** The regional endpoint of a location, on its own port until close(). Clients with a location need it to be open. */
  openLocation(location: string): Promise<{ readonly host: string; readonly port: number }>
  close(): Promise<void>
}

const HOST = '127.0.0.1'

export function createSecretManager(options: SecretManagerOptions = {}): SecretManagerCore {
  const { projectId = 'test-project', projectNumber = '123456789012', now = Date.now } = options
  const { sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)) } = options
  const permissions = new Permissions()
  const faults = new Faults()
  const calls = new CallLog()
  let etags = 0x1621533b000000
  const world: World = {
    ...{ now, permissions, faults, project: { id: projectId, number: projectNumber } },
    ...{ secrets: new Secrets(), events: new Events(), keys: new Keys(), quotas: new Quotas() },
    etag: () => `"${(++etags).toString(16)}"`,
  }
  const handle = handler({ world, calls, sleep })
  return {
    ...{ projectId, projectNumber, calls, faults, permissions, handle },
    service: new Service(world),
    rest: request => serveRest(handle, request),
    inProcessClient: ({ token = 'test', location, options: more } = {}) =>
      new SecretManagerServiceClient(
        { auth: offline(token, projectId), ...more } as typeof more,
        gaxWith(token, stub(handle, location)),
      ),
  }
}

/** Starts the fake on 127.0.0.1 at a free port. */
export async function startSecretManager(options: SecretManagerOptions = {}): Promise<FakeSecretManager> {
  const core = createSecretManager(options)
  const global = await listen(core.handle, undefined)
  const regional = new Map<string, Listening>()
  const connection = ({ token = 'test', location, options: more }: ClientOptions) => {
    const server = location === undefined ? global : regional.get(location)
    if (!server) throw new Error(`fake: openLocation('${location}') first`)
    return { auth: offline(token, core.projectId), apiEndpoint: HOST, port: server.port, ...more }
  }
  return {
    ...core,
    host: HOST,
    port: global.port,
    client: (asked = {}) => {
      const sslCreds = gax.grpc.credentials.createInsecure()
      const config = { sslCreds, ...connection(asked) } as ClientOptions['options']
      return new SecretManagerServiceClient(config, gaxWith(asked.token ?? 'test'))
    },
    restClient: (asked = {}) =>
      new SecretManagerServiceClient({
        fallback: true,
        protocol: 'http',
        ...connection(asked),
      } as ClientOptions['options']),
    openLocation: async location => {
      const server = regional.get(location) ?? (await listen(core.handle, location))
      regional.set(location, server)
      return { host: HOST, port: server.port }
    },
    close: async () => {
      for (const server of [global, ...regional.values()]) await server.close()
    },
  }
}

/** Credentials that ask nobody: without any, the client looks for a metadata server. */
function offline(token: string, projectId: string) {
  const client = new gax.googleAuthLibrary.OAuth2Client()
  client.setCredentials({ access_token: token })
  return new gax.GoogleAuth({ authClient: client, projectId })
}
