// The protos that the official client ships, and its own gRPC and JSON codecs: what goes over the wire is theirs.
import { createRequire } from 'node:module'
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import type { ErrorInfo, ServiceFault } from './errors.ts'

/** The library as the client's second argument has it: with gRPC, not the REST-only half. */
type Gax = Extract<
  NonNullable<ConstructorParameters<typeof SecretManagerServiceClient>[1]>,
  { GoogleProtoFilesRoot: unknown }
>

// From the client's place, not from ours: the library it really uses, wherever npm has put it.
const require = createRequire(createRequire(import.meta.url).resolve('@google-cloud/secret-manager'))
export const gax: Gax = require('google-gax')
const protos: Parameters<typeof gax.protobuf.Root.fromJSON>[0] = require('../protos/protos.json')

const SERVICE = 'google.cloud.secretmanager.v1.SecretManagerService'

/** One method as gRPC sees it: bytes to object and back. */
export interface Codec {
  /** The name in the proto: `GetSecret`. */
  readonly name: string
  requestSerialize(value: object): Buffer
  requestDeserialize(bytes: Buffer): object
  responseSerialize(value: object): Buffer
  responseDeserialize(bytes: Buffer): object
}

type Definition = Omit<Codec, 'name'> & { readonly path: string; readonly originalName: string }

function definitions(): Readonly<Record<string, Definition>> {
  const loader = new gax.GrpcClient({ auth: new gax.GoogleAuth() as never })
  const loaded = loader.loadProtoJSON(protos as never) as unknown as Record<string, never>
  const service = SERVICE.split('.').reduce<Record<string, unknown>>((at, part) => at[part] as never, loaded)
  return (service as { service: Readonly<Record<string, Definition>> }).service
}

/** By path, `/google.cloud.secretmanager.v1.SecretManagerService/GetSecret`. */
export const codecs: ReadonlyMap<string, Codec> = new Map(
  Object.entries(definitions()).map(([name, definition]) => [definition.path, { ...definition, name }]),
)

export const stubName = (name: string): string => name[0]!.toLowerCase() + name.slice(1)

const root = gax.protobuf.Root.fromJSON(protos)
root.resolveAll()

type MessageType = ReturnType<typeof messageType>
type Json = Readonly<Record<string, unknown>>

/** The JSON mapping of proto3, as REST bodies and Pub/Sub messages have it. Message: `Secret`, `AddSecretVersionRequest`. */
export function toJson(message: string, value: object): object {
  const type = messageType(message)
  return withoutDefaults(type, gax.serializer.toProto3JSON(type.fromObject(value) as never) as Json)
}

/** The service leaves out what has its default value; an empty message inside a message is a value. */
function withoutDefaults(type: MessageType, json: Json): Json {
  const kept = Object.entries(json).filter(([key, value]) => !isDefault(type.fields[key], value))
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const { map, resolvedType: inner } = type.fields[key]!
      if (map || typeof value !== 'object' || !(inner instanceof gax.protobuf.Type)) return [key, value]
      const strip = (one: unknown) => withoutDefaults(inner, one as Json)
      return [key, Array.isArray(value) ? value.map(strip) : strip(value)]
    }),
  )
}

function isDefault(field: MessageType['fields'][string] | undefined, value: unknown): boolean {
  if (!field || value === null || value === undefined) return true
  if (field.map) return Object.keys(value).length === 0
  if (field.repeated) return (value as readonly unknown[]).length === 0
  if (field.resolvedType instanceof gax.protobuf.Enum) return field.resolvedType.values[value as string] === 0
  return value === '' || value === false || value === 0
}

/** As gRPC would have decoded it. @throws Error for what is no such message. */
export function fromJson(message: string, json: object): object {
  const type = messageType(message)
  const read = gax.serializer.fromProto3JSON(type as never, json as never)
  return type.toObject(read as never, { longs: String, enums: String, defaults: true, oneofs: true })
}

function messageType(message: string): InstanceType<typeof gax.protobuf.Type> {
  return root.lookupType(message.includes('.') ? message : `google.cloud.secretmanager.v1.${message}`)
}

export interface Route {
  readonly op: string
  readonly requestType: string
  readonly responseType: string
  readonly verb: string
  readonly template: string
  /** The field that is the body; `*`: the whole request. */
  readonly body?: string
}

/** The methods' google.api.http options. */
export const routes: readonly Route[] = root.lookupService(SERVICE).methodsArray.flatMap(method => {
  const option = method.parsedOptions?.find((each: object) => '(google.api.http)' in each)
  const http = option?.['(google.api.http)'] as Record<string, unknown>
  return [http, http.additional_bindings as Record<string, unknown>].map(binding => {
    const verb = ['get', 'post', 'patch', 'delete'].find(each => each in binding)!
    const { requestType, responseType } = method
    const body = binding.body as string | undefined
    const common = { op: method.name, requestType, responseType, verb: verb.toUpperCase() }
    return { ...common, template: binding[verb] as string, ...(body !== undefined && { body }) }
  })
})

const rpc = gax.protobuf.parse(
  `syntax = "proto3"; package google.rpc;
   message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
   message Any { string type_url = 1; bytes value = 2; }
   message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`,
  { keepCase: true },
).root

/** google.rpc.Status for the trailer grpc-status-details-bin; undefined when there are no details. */
export function statusDetails({ code, message, info }: ServiceFault): Buffer | undefined {
  if (!info) return undefined
  const value = encode('ErrorInfo', info)
  return encode('Status', { code, message, details: [{ type_url: ERROR_INFO, value }] })
}

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo'

const encode = (message: string, value: object): Buffer => {
  const type = rpc.lookupType(`google.rpc.${message}`)
  return Buffer.from(type.encode(type.fromObject(value)).finish())
}

/** The same as JSON, in the body of an HTTP error. */
export const jsonDetails = (info: ErrorInfo | undefined): object =>
  info ? { details: [{ '@type': ERROR_INFO, ...info }] } : {}
