// Requests of a simulated process: the real SDK, without sockets, signatures or pauses; each request, a repeated one too,
// goes through the hub. A request of a process that has died is never answered.

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Requests } from '../../../aws/requests.ts'
import type { Fault, Hub, VirtualClock, Worker } from '../../../core/testing/simulation/hub.ts'
import type { SecretsManagerCore, WireAnswer, WireRequest } from '../../fakes/aws/secrets-manager.ts'

export interface WireOptions {
  readonly fake: SecretsManagerCore
  readonly clock: VirtualClock
  /** How often the SDK sends a request that is not answered. */
  readonly attempts: number
  /** No request of this process takes effect after this instant. */
  readonly deadline: number
  /** All reads show the state of that long ago. */
  readonly lag: number
  /** A request takes effect after its process has heard that it is not answered. */
  readonly landing?: (land: () => Promise<WireAnswer>) => Promise<WireAnswer>
}

/** A moment: what the call before has written is not seen. A while: what the run before has written is not seen. */
const AGE: { readonly [fault in Fault]?: number } = { stale: 8, older: 1_500 }

const READS = ['DescribeSecret', 'GetSecretValue', 'ListSecretVersionIds']

/** Requests of a process; without a hub: nobody disturbs them. */
export function requestsOf(options: WireOptions, hub?: Hub, worker?: Worker): Requests {
  const carry: Carry = hub && worker ? through(options, hub, worker) : request => options.fake.handle(request)
  const shared = clientOf(options.attempts)
  const client = {
    config: shared.config,
    send: (command: Parameters<typeof shared.send>[0], more: object) =>
      shared.send(command, { ...more, carry } as object),
    destroy() {},
  }
  return new Requests(client as unknown as SecretsManagerClient, options.clock)
}

type Carry = (request: WireRequest) => Promise<WireAnswer>

function through(options: WireOptions, hub: Hub, worker: Worker): Carry {
  const { fake, deadline, lag, landing = land => land() } = options
  const gone = worker.died.then((): never => {
    throw Object.assign(new Error('The process has ended.'), { name: 'AbortError' })
  })
  gone.catch(() => undefined)
  return request => {
    const op = request.target.replace('secretsmanager.', '')
    const reads = READS.includes(op)
    const seen = (age: number) => async () => {
      if (age > 0) fake.faults.stale({ ms: age }, [op])
      const answer = fake.handle(request)
      fake.faults.clear()
      return answer
    }
    const effect = seen(reads ? lag : 0)
    const otherwise = {
      later: () => ({ effect: () => landing(effect), deadline }),
      ...(reads ? { old: (fault: Fault) => seen(Math.max(lag, AGE[fault] ?? 0))() } : { changes: true }),
    }
    return Promise.race([hub.call(worker, 'service', `aws.${op}`, effect, otherwise), gone])
  }
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

const clients = new Map<number, SecretsManagerClient>()

/** One for all processes: `carry` tells them apart. */
function clientOf(attempts: number): SecretsManagerClient {
  const known = clients.get(attempts)
  if (known) return known
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: 'http://secretsmanager.invalid',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    signer: { sign: async request => request },
    retryStrategy: impatient(attempts),
    requestHandler: {
      async handle({ headers, body }: Sent, { carry }: { carry: Carry }) {
        const target = headers['x-amz-target'] ?? ''
        const answer = await carry({ target, accessKeyId: 'test', body: textOf(body) })
        return {
          response: { statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) },
        }
      },
      destroy() {},
    } as never,
  })
  clients.set(attempts, client)
  return client
}

const textOf = (body: unknown): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array)

/** The SDK's standard rules on what is repeated, without its pauses. */
function impatient(attempts: number): never {
  const token = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0, getRetryCost: () => 0 })
  return {
    mode: 'standard',
    acquireInitialRetryToken: async () => token(0),
    refreshRetryTokenForRetry: async (
      { getRetryCount }: ReturnType<typeof token>,
      { errorType }: { errorType: string },
    ) => {
      const done = getRetryCount() + 1
      if (done >= attempts || errorType === 'CLIENT_ERROR') throw new Error('enough')
      return token(done)
    },
    recordSuccess() {},
  } as never
}
