// The official client without sockets: its own google-gax with retries, paging, deadlines and signals; only the stub, the
// part that would open a channel, goes straight into the fake, through the client's own codecs.
import { ConnectionLost, ServiceFault } from './errors.ts'
import type { Handle } from './handle.ts'
import { type Codec, codecs, gax, statusDetails, stubName } from './wire.ts'

type Callback = (error: unknown, answer?: object) => void
interface Metadata {
  get(key: string): readonly unknown[]
}
interface CallOptions {
  readonly deadline?: Date | number
}
type Method = (request: object, metadata: Metadata, options: CallOptions, callback: Callback) => { cancel(): void }

/** What a gRPC client has instead of a connection: one function a method. */
export function stub(handle: Handle, location: string | undefined): Record<string, Method> {
  const methods = [...codecs.values()].map(codec => [stubName(codec.name), method(codec, handle, location)])
  return { ...Object.fromEntries(methods), close: () => {} }
}

function method(codec: Codec, handle: Handle, location: string | undefined): Method {
  return (request, metadata, { deadline }, callback) => {
    let settled = false
    const timer = deadline === undefined ? undefined : timeOut(deadline, () => settle(fail(4, 'Deadline exceeded')))
    const settle = (error: unknown, answer?: object) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      callback(error, answer)
    }
    const token = tokenOf(metadata.get('authorization')[0])
    const input = codec.requestDeserialize(codec.requestSerialize(request))
    handle({ op: codec.name, input, token, location }).then(
      answer => settle(null, codec.responseDeserialize(codec.responseSerialize(answer))),
      error => settle(serviceError(error)),
    )
    return { cancel: () => settle(fail(1, 'Cancelled on client')) }
  }
}

function timeOut(deadline: Date | number, expired: () => void): NodeJS.Timeout | undefined {
  const left = Number(deadline) - Date.now()
  return left > 2 ** 31 - 1 ? undefined : setTimeout(expired, left)
}

/** `Bearer <token>`; undefined without one. */
export const tokenOf = (authorization: unknown): string | undefined => /^Bearer (.+)$/.exec(String(authorization))?.[1]

/** The error that a gRPC call of @grpc/grpc-js ends with. */
function fail(code: number, details: string, status?: Buffer): Error {
  const metadata = new gax.grpc.Metadata()
  if (status) metadata.set('grpc-status-details-bin', status)
  const name = gax.grpc.status[code]
  return Object.assign(new Error(`${code} ${name}: ${details}`), { code, details, metadata })
}

function serviceError(error: unknown): Error {
  if (error instanceof ServiceFault) return fail(error.code, error.message, statusDetails(error))
  if (error instanceof ConnectionLost) return fail(14, error.message)
  return error as Error
}

type LoadJson = Parameters<InstanceType<typeof gax.GrpcClient>['loadProtoJSON']>[0]

/** Loading the protos costs a hash of all of them for each client: once is enough. */
const loaded = new WeakMap<object, ReturnType<InstanceType<typeof gax.GrpcClient>['loadProtoJSON']>>()

/** A google-gax for the client's second argument: every call carries the token, and without a stub it is the real one. */
export function gaxWith(token: string, stubs?: Record<string, Method>): typeof gax {
  class GrpcClient extends gax.GrpcClient {
    override async createStub(...args: Parameters<InstanceType<typeof gax.GrpcClient>['createStub']>): Promise<never> {
      return (stubs ?? (await super.createStub(...args))) as never
    }

    override loadProtoJSON(json: LoadJson, ignoreCache?: boolean) {
      const known = loaded.get(json) ?? super.loadProtoJSON(json, ignoreCache)
      loaded.set(json, known)
      return known
    }

    override constructSettings(...args: Parameters<InstanceType<typeof gax.GrpcClient>['constructSettings']>) {
      const [service, config, overrides, headers, ...rest] = args
      const more = { ...headers, authorization: `Bearer ${token}` } as typeof headers
      return super.constructSettings(service, config, overrides, more, ...rest)
    }
  }
  return Object.create(gax, { GrpcClient: { value: GrpcClient } }) as typeof gax
}
