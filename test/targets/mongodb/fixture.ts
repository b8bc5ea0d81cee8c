/** What the tests of this folder share: users with fresh names on a server that speaks the protocol, and targets for them. */
import { randomBytes } from 'node:crypto'
import type { MongoClient } from 'mongodb'
import { expect } from 'vitest'
import { type ErrorCode, RotationError } from '../../../core/errors.ts'
import type { SettableTarget, TargetCall } from '../../../core/ports/rotation-target.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { SecretValue } from '../../../core/secret/secret-value.ts'
import { createMongodbTarget, type Endpoint, type MongodbTargetOptions } from '../../../core/targets/mongodb/index.ts'
import type { FerretDB } from '../../stand/ferretdb.ts'
import type { Stub } from './stub.ts'

/** Every password that a test used: none may be seen anywhere. */
export const canaries: string[] = []

export function newPassword(): SecretValue {
  const text = `Canary/${randomBytes(12).toString('base64')}"+`
  canaries.push(text)
  return SecretValue.of(text)
}

export const credential = (username: string, password = newPassword()): Credential => ({ username, password })
export const withPassword = (username: string, text: string): Credential => credential(username, SecretValue.of(text))

let count = 0
export const freshName = (prefix: string): string => `${prefix}_${process.pid}_${++count}`

export const call = (ms = 20_000, signal = new AbortController().signal): TargetCall => ({
  signal,
  deadline: Date.now() + ms,
})

export const clock = { now: () => Date.now() }

export const writer = (server: { host: string; port: number }, more: Partial<Endpoint> = {}): Endpoint => ({
  name: 'writer',
  host: server.host,
  port: server.port,
  role: 'writer',
  ...more,
})

export const admin =
  ({ admin: { username, password } }: FerretDB) =>
  async () =>
    withPassword(username, password)

export type TargetOptions = Partial<MongodbTargetOptions> & Pick<MongodbTargetOptions, 'endpoints'>

/** A single-user target without TLS, on the loopback interface, unless said otherwise. */
export const target = (options: TargetOptions): SettableTarget =>
  createMongodbTarget(
    { strategy: 'single-user', tls: { mode: 'disable' }, owner: 'lockstep:test/secret', ...options },
    clock,
  )

/** The only roles that DocumentDB's extension knows. */
const ROLES = [
  { role: 'readWriteAnyDatabase', db: 'admin' },
  { role: 'clusterAdmin', db: 'admin' },
]

/** One client for all that the tests do as the admin; closed with the server. */
const admins = new WeakMap<FerretDB, Promise<MongoClient>>()
export const asAdmin = (server: FerretDB): Promise<MongoClient> => {
  const client = admins.get(server) ?? server.connect()
  admins.set(server, client)
  return client
}

export async function createUser(server: FerretDB, username: string): Promise<Credential> {
  const made = credential(username)
  const client = await asAdmin(server)
  await client.db('admin').command({ createUser: username, pwd: made.password.reveal(), roles: ROLES })
  return made
}

export interface Pair {
  readonly users: readonly [string, string]
  /** Of the first user. */
  readonly current: Credential
}

/** Two users, the second with a password that nobody knows. */
export async function createPair(server: FerretDB): Promise<Pair> {
  const name = freshName('app')
  const users = [`${name}_a`, `${name}_b`] as const
  await createUser(server, users[1])
  return { users, current: await createUser(server, users[0]) }
}

export const alternating = (
  server: FerretDB,
  pair: Pair,
  options: Partial<MongodbTargetOptions> = {},
): SettableTarget =>
  target({
    strategy: 'alternating-users',
    users: pair.users,
    endpoints: [writer(server)],
    admin: admin(server),
    ...options,
  })

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

/** Where the members of a stub are: those that `readers` names are readers, the others writers. */
export const membersOf = ({ members }: Stub, ...readers: readonly string[]): Endpoint[] =>
  members.map(({ name, host, port }) => ({ name, host, port, role: readers.includes(name) ? 'reader' : 'writer' }))

export const ROTATOR = ['viewUser', 'changePassword', 'changeCustomData', 'createUser', 'grantRole']

/** The admin of stubs. */
const rotator = credential('rotator')

/** Two users of a stub, alike, and an admin; the target that lets them take turns. */
export function stubPair(stub: Stub, more: Partial<MongodbTargetOptions> = {}) {
  const name = freshName('app')
  const users = [`${name}_a`, `${name}_b`] as const
  const current = credential(users[0])
  const roles = [{ role: 'readWrite', db: 'shop' }]
  stub.add({ user: users[0], pwd: current.password.reveal(), roles })
  stub.add({ user: users[1], pwd: newPassword().reveal(), roles })
  stub.add({ user: 'rotator', pwd: rotator.password.reveal(), may: ROTATOR })
  const made = target({
    strategy: 'alternating-users',
    users,
    endpoints: membersOf(stub),
    admin: async () => rotator,
    ...more,
  })
  return { target: made, users, current, pending: credential(users[1]) }
}
