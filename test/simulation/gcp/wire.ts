// What the adapter's requests call instead of the official client: its codecs, its answers and its errors, without google-gax,
// which costs ten times as much as everything else here. `test/simulation/gcp-wire.test.ts` compares the two.

import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { isSibling } from '../../../gcp/slots.ts'
import { ConnectionLost, ServiceFault, statuses } from '../../fakes/gcp/secret-manager/errors.ts'
import { codecs, stubName } from '../../fakes/gcp/secret-manager/wire.ts'
import type { SecretManagerCore } from '../../fakes/gcp/secret-manager.ts'
import type { Ask } from '../common/ask.ts'
import type { Sight } from './sight.ts'

export interface WireOptions {
  readonly fake: SecretManagerCore
  readonly ask: Ask
  /** All reads that may be old show the state of that long ago. */
  readonly lag?: number
  /** Learns what this process has seen, and what it publishes. */
  readonly sight?: Sight
}

export interface Input {
  readonly name?: string
  readonly parent?: string
  readonly payload?: { readonly data?: Uint8Array }
  readonly secret?: { readonly name?: string }
}

/** By number, which is strongly consistent, an access is never old. */
const MAY_BE_OLD = ['GetSecret', 'GetSecretVersion', 'ListSecretVersions', 'ListSecrets']
const READS = [...MAY_BE_OLD, 'AccessSecretVersion']

export function clientOf(options: WireOptions): SecretManagerServiceClient {
  const methods = [...codecs.values()].map(({ name }) => [stubName(name), (input: Input) => send(options, name, input)])
  return { ...Object.fromEntries(methods), close: async () => {} } as SecretManagerServiceClient
}

const codecOf = new Map([...codecs.values()].map(codec => [codec.name, codec]))

async function send({ fake, ask, lag = 0, sight }: WireOptions, op: string, asked: Input): Promise<unknown[]> {
  const codec = codecOf.get(op)!
  const input = codec.requestDeserialize(codec.requestSerialize(asked))
  const landing = sight?.sends(op, asked)
  const applied = async () => {
    landing?.()
    const answer = await fake.handle({ op, input, token: 'test' })
    return codec.responseDeserialize(codec.responseSerialize(answer))
  }
  const seen = (age: number) => async () => {
    if (age > 0) fake.faults.stale({ ms: age }, [op])
    try {
      return await applied()
    } finally {
      fake.faults.clear()
    }
  }
  const old = MAY_BE_OLD.includes(op)
  const effect = seen(old ? lag : 0)
  const name = `gcp.${op}${isSibling(secretIn(asked)) ? '(sibling)' : ''}`
  try {
    const changes = !READS.includes(op)
    const answer = await ask({
      name,
      effect,
      changes,
      ...(old && { old: (age: number) => seen(Math.max(lag, age))() }),
    })
    sight?.answered(op, asked)
    return answerOf(op, answer, asked)
  } catch (error) {
    sight?.answered(op, asked, error)
    throw errorOf(error)
  }
}

export const secretIn = ({ name, parent, secret }: Input): string =>
  /\/secrets\/([^/]+)/.exec(name ?? secret?.name ?? parent ?? '')?.[1] ?? ''

/** As the client's methods resolve: a list without paging has its entries first. */
function answerOf(op: string, answer: object, asked: Input): unknown[] {
  if (!op.startsWith('List')) return [answer, asked, undefined]
  const { versions, secrets } = answer as { versions?: unknown; secrets?: unknown }
  return [versions ?? secrets ?? [], null, answer]
}

/** As gRPC has them: numbers; a connection that was refused, or broke, is UNAVAILABLE. */
function errorOf(error: unknown): unknown {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  if (error instanceof ServiceFault) return failure(error.code, `${error.status}: ${error.message}`)
  if (code === 'ECONNREFUSED') return failure(statuses.UNAVAILABLE.code, 'UNAVAILABLE: connect ECONNREFUSED')
  if (code === 'ECONNRESET' || error instanceof ConnectionLost)
    return failure(statuses.UNAVAILABLE.code, 'UNAVAILABLE: Connection dropped')
  return failure(statuses.CANCELLED.code, String(message))
}

const failure = (code: number, message: string): Error =>
  Object.assign(new Error(`${code} ${message}`), { code, details: message })
