import type { protos, SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { expect } from 'vitest'
import { type FakeSecretManager, startSecretManager } from '../secret-manager.ts'
import { type Status, statuses } from './errors.ts'

export type ISecret = protos.google.cloud.secretmanager.v1.ISecret
export type IVersion = protos.google.cloud.secretmanager.v1.ISecretVersion

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The parent as callers write it; answers name the project by its number. */
export const PARENT = 'projects/test-project'
export const NUMBERED = 'projects/123456789012'
/** The secret that most tests have. */
export const NAME = `${PARENT}/secrets/app-db`
export const ANSWERED = `${NUMBERED}/secrets/app-db`
export const TOPIC = 'projects/test-project/topics/secret-events'

/** A fake on its own clock, and the official client over gRPC. */
export interface Stage extends AsyncDisposable {
  readonly fake: FakeSecretManager
  readonly sdk: SecretManagerServiceClient
  /** The official client with another token, place or transport. */
  open(options?: {
    token?: string
    location?: string
    over?: 'grpc' | 'rest' | 'in process'
  }): SecretManagerServiceClient
  now(): number
  pass(ms: number): void
}

export async function stage(): Promise<Stage> {
  let time = Date.UTC(2026, 0, 5, 10)
  const fake = await startSecretManager({ now: () => time })
  const clients: SecretManagerServiceClient[] = []
  const open: Stage['open'] = ({ over = 'grpc', ...options } = {}) => {
    const make = { grpc: fake.client, rest: fake.restClient, 'in process': fake.inProcessClient }[over]
    const client = make(options)
    clients.push(client)
    return client
  }
  return {
    fake,
    sdk: open(),
    open,
    now: () => time,
    pass: ms => {
      time += ms
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.close()
      await fake.close()
    },
  }
}

/** The same, with the secret `app-db` in it, of these versions. */
export async function stageWith(...values: readonly string[]): Promise<Stage> {
  const at = await stage()
  at.fake.service.createSecret({ id: 'app-db' })
  for (const value of values) at.fake.service.putAsPerson('app-db', value)
  return at
}

export interface Refusal extends Error {
  readonly code: number
  readonly details: unknown
  readonly reason?: string
  readonly errorInfoMetadata?: Readonly<Record<string, string>>
}

/** The call fails with that status, and with that text where one is given. Answers the error. */
export async function refused(call: Promise<unknown>, status: Status, text?: string | RegExp): Promise<Refusal> {
  const error: unknown = await call.then(
    () => undefined,
    reason => reason,
  )
  expect(error, 'must be refused').toBeInstanceOf(Error)
  expect((error as Refusal).code, (error as Refusal).message).toBe(statuses[status].code)
  if (typeof text === 'string') expect((error as Refusal).message).toContain(text)
  if (text instanceof RegExp) expect((error as Refusal).message).toMatch(text)
  return error as Refusal
}

export const addVersion = async (
  sdk: SecretManagerServiceClient,
  value: string | Buffer,
  parent = NAME,
): Promise<IVersion> => (await sdk.addSecretVersion({ parent, payload: { data: Buffer.from(value) } }))[0]

/** The value that `app-db` has under a number, `latest` or an alias. */
export async function read(sdk: SecretManagerServiceClient, version: string | number): Promise<string> {
  const [answer] = await sdk.accessSecretVersion({ name: `${NAME}/versions/${version}` })
  return Buffer.from(answer.payload!.data as Uint8Array).toString()
}

/** Patches `app-db` with what is given, by a mask of its fields. */
export async function patch(
  sdk: SecretManagerServiceClient,
  change: ISecret,
  paths?: readonly string[],
): Promise<ISecret> {
  const fields = Object.keys(change).filter(key => key !== 'etag')
  const mask = paths ?? fields.map(key => key.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`))
  const [secret] = await sdk.updateSecret({ secret: { name: NAME, ...change }, updateMask: { paths: [...mask] } })
  return secret
}
