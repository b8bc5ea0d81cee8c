/**
 * The built bundle of the rotation function with all that it needs around it: AWS's runtime client, the fake of Secrets Manager
 * over HTTP, logins at a real PostgreSQL.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildLambda } from '../../scripts/build-lambda.ts'
import type { FakeSecretsManager } from '../fakes/aws/secrets-manager.ts'
import type { Postgres } from '../stand/postgres.ts'

export const DAY = 86_400_000

/** Built once for this process, in a folder that goes with it. */
export function builtBundle(): Promise<string> {
  bundle ??= build()
  return bundle
}
let bundle: Promise<string> | undefined

async function build(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bundle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return (await buildLambda(folder)).entry
}

export interface Login {
  readonly username: string
  readonly password: string
}

/** A database with a login for it; other names than those of SQL's identifiers are not asked for. */
export async function createDatabase(server: Postgres, database: string): Promise<void> {
  await server.sql(`CREATE DATABASE ${database}`)
}

/** The server's log, which may be searched for values, does not hear of it. */
export async function createLogin(server: Postgres, { username, password }: Login): Promise<Login> {
  const client = await server.connect()
  await client.query("SET log_statement = 'none'")
  await client.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
  await client.end()
  return { username, password }
}

export interface Where {
  readonly host?: string
  readonly port?: number | string
  readonly dbname?: string
  readonly ssl?: boolean | string | undefined
  readonly masterarn?: string
}

/** A value in the JSON that AWS documents; in plaintext unless `ssl` says otherwise. */
export function databaseValue(server: Pick<Postgres, 'host' | 'port'>, login: Login, where: Where = {}): string {
  const { host, port } = server
  return JSON.stringify({ engine: 'postgres', host, port, ssl: false, ...where, ...login })
}

/** The secret of the superuser, for `masterarn`: its ARN. */
export function createAdminSecret(fake: FakeSecretsManager, server: Postgres, where: Where = {}): string {
  const login = { username: 'postgres', password: server.adminPassword }
  return fake.service.createSecret({ name: 'admin', value: databaseValue(server, login, where) }).arn
}

/** The values of a secret by version and by label, as they really are. */
export function contents(fake: FakeSecretsManager, id: string) {
  const { versions } = fake.service.peek(id)
  const holder = (label: string) => [...versions].find(([, { stages }]) => stages.includes(label))?.[0]
  return {
    versions,
    holder,
    value: (version: string | undefined) => (version === undefined ? undefined : versions.get(version)?.value),
  }
}

export const loginOf = (value: string): Login => JSON.parse(value)
