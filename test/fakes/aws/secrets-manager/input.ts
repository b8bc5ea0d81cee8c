import { invalidParameter, invalidRequest, invalidShape } from './errors.ts'
import type { SecretData } from './model.ts'

/** The members of a request, unchecked: it is what arrived. */
export type Input = Readonly<Record<string, unknown>>

const MAX_VALUE_BYTES = 65_536

export function text(input: Input, member: string): string | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalidShape(camel(member), 'be a string')
  return value
}

export function required(input: Input, member: string): string {
  const value = text(input, member)
  if (value === undefined || value === '') throw invalidShape(camel(member), 'not be null')
  return value
}

export const flag = (input: Input, member: string): boolean | undefined => input[member] as boolean | undefined

export function integer(input: Input, member: string, least: number, most: number): number | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidShape(camel(member), 'be an integer')
  if (value < least) throw invalidShape(camel(member), `have value greater than or equal to ${least}`)
  if (value > most) throw invalidShape(camel(member), `have value less than or equal to ${most}`)
  return value
}

export function list<T>(input: Input, member: string): T[] | undefined {
  const value = input[member]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw invalidShape(camel(member), 'be a list')
  return value as T[]
}

/** Shape ClientRequestTokenType. Its absence was recorded on AWS: InvalidParameterException for RotateSecret alone. */
export function requestToken(input: Input, absent: 'request' | 'parameter' = 'request'): string {
  const token = text(input, 'ClientRequestToken')
  if (token === undefined) {
    const message = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
    throw absent === 'request' ? invalidRequest(message) : invalidParameter(message)
  }
  if (token.length < 32 || token.length > 64) {
    throw invalidParameter('ClientRequestToken must be 32-64 characters long.')
  }
  return token
}

/** Shapes SecretStringType and SecretBinaryType; undefined when the request carries no value. */
export function secretData(input: Input): SecretData | undefined {
  const string = text(input, 'SecretString')
  const binary = text(input, 'SecretBinary')
  if (string !== undefined && binary !== undefined) {
    throw invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
  }
  if (string !== undefined) return { text: withinLimit(string, Buffer.byteLength(string), 'secretString') }
  if (binary !== undefined) {
    return { base64: withinLimit(binary, Buffer.from(binary, 'base64').length, 'secretBinary') }
  }
  return undefined
}

function withinLimit(value: string, bytes: number, member: string): string {
  if (bytes < 1) throw invalidShape(member, 'have length greater than or equal to 1')
  if (bytes > MAX_VALUE_BYTES) throw invalidShape(member, `have length less than or equal to ${MAX_VALUE_BYTES}`)
  return value
}

/** Shapes SecretVersionStagesType (1-20 entries) and SecretVersionStageType (1-256 characters). */
export function stages(input: Input): string[] | undefined {
  const given = list<string>(input, 'VersionStages')
  if (!given) return undefined
  if (given.length < 1) throw invalidShape('versionStages', 'have length greater than or equal to 1')
  if (given.length > 20) throw invalidShape('versionStages', 'have length less than or equal to 20')
  for (const each of given) checkStage(each)
  return given
}

export function checkStage(stage: string): string {
  if (stage.length < 1 || stage.length > 256) throw invalidShape('versionStage', 'have length between 1 and 256')
  return stage
}

export function tags(input: Input): [string, string][] {
  return (list<{ Key?: string; Value?: string }>(input, 'Tags') ?? []).map(tag => {
    if (!tag.Key || tag.Key.length > 128) throw invalidShape('tags.member.key', 'have length between 1 and 128')
    if ((tag.Value ?? '').length > 256) throw invalidShape('tags.member.value', 'have length less than or equal to 256')
    return [tag.Key, tag.Value ?? '']
  })
}

const camel = (member: string): string => member[0]!.toLowerCase() + member.slice(1)
