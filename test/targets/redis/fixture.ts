/** What the tests of this folder share: logins with fresh names on a shared server, and targets for them. */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { createRedisTarget, type Endpoint, type RedisTargetOptions } from '../../../core/targets/redis/index.ts'
import type { Redis } from '../../stand/redis.ts'

/** Every password that a test used: none may be seen anywhere. */
export const canaries: string[] = []

export function newPassword(): SecretValue {
  const text = `Canary/${randomBytes(12).toString('base64')}"+`
  canaries.push(text)
  return SecretValue.of(text)
}

export const credential = (username: string, password = newPassword()): Credential => ({ username, password })
/** Without the quotes that some servers cannot keep in their files. */
export const plain = (username: string): Credential => {
  const text = `Canary${randomBytes(16).toString('hex')}`
  canaries.push(text)
  return withPassword(username, text)
}
export const withPassword = (username: string, text: string): Credential => credential(username, SecretValue.of(text))

let count = 0
export const freshName = (prefix = 'app'): string => `${prefix}-${process.pid}-${++count}`

export const call = (ms = 20_000, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: Date.now() + ms,
})

export const clock = { now: () => Date.now() }

export const node = (server: { host: string; port: number }, more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'primary',
  host: server.host,
  port: server.port,
  role: 'writer',
  ...more,
})

export const admin =
  ({ admin: { username, password } }: Redis) =>
  async () =>
    withPassword(username, password)

export type TargetOptions = Partial<RedisTargetOptions> & Pick<RedisTargetOptions, 'endpoints'>

/** A dual-password target without TLS, unless said otherwise. */
export const target = (options: TargetOptions): SettableTarget =>
  createRedisTarget(
    { strategy: 'dual-password', tls: { mode: 'disable' }, owner: 'lockstep:test/secret', ...options },
    clock,
  )

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
export const hashOf = ({ password }: Credential): string => sha256(password.reveal())

/** The rules of a usual application. */
export const RULES = ['~*', '&*', '+@all', '-@dangerous']

/** Creates a user without the server ever seeing its password, on every server; not saved. */
export async function createLogin(
  servers: Redis | readonly Redis[],
  rules: readonly string[] = RULES,
  who: string | Credential = freshName(),
): Promise<Credential> {
  const made = typeof who === 'string' ? credential(who) : who
  const { username } = made
  for (const server of [servers].flat())
    await server.command(['ACL', 'SETUSER', username, 'on', `#${hashOf(made)}`, ...rules])
  return made
}

/** What the server keeps of the passwords of a user. */
export async function hashes(server: Redis, username: string): Promise<readonly string[]> {
  const user = (await server.command(['ACL', 'GETUSER', username])) as unknown[]
  return user[user.indexOf('passwords') + 1] as string[]
}

/** Who of these can log in, asked of the server itself. */
export async function valid(server: Redis, ...credentials: readonly Credential[]): Promise<readonly boolean[]> {
  const tries = credentials.map(({ username, password }) =>
    server.connect({ username, password: password.reveal() }).then(
      client => {
        client.destroy()
        return true
      },
      (error: Error) => {
        if (error.message.startsWith('WRONGPASS')) return false
        throw error
      },
    ),
  )
  return Promise.all(tries)
}

/** All that the server has written, by file. */
export const written = ({ folder }: Pick<Redis, 'folder'>): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => [entry.name, readFileSync(path.join(entry.parentPath, entry.name), 'latin1')] as const),
  )

/** The error, which must be a RotationError of that code. */
export async function failure(action: Promise<unknown>, code: ErrorCode): Promise<RotationError> {
  const error = await action.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RotationError)
  expect(`${(error as RotationError).code}`, (error as Error).message).toBe(code)
  return error as RotationError
}
