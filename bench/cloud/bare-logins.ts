/**
 * The logins and statements of a rotation, and nothing else.
 * @module
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface Login {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly dbname: string
}

/** One rotation; all that it knows was told or is remembered, so that nothing is read to find out. */
export type Bare = (secret: string, alternating: boolean) => Promise<void>

export const nextOf = (current: Login, alternating: boolean): Login => ({
  ...current,
  username: alternating ? otherOf(current.username) : current.username,
  password: randomBytes(24).toString('hex'),
})

const otherOf = (name: string): string => name.replace(/_[ab]$/, end => (end === '_a' ? '_b' : '_a'))

/** Changes the password by its own login, or by the admin's, and tries it. */
export async function setAndTest(
  current: Login,
  next: Login,
  admin: (() => Promise<Login>) | undefined,
): Promise<void> {
  // random hexadecimal, and names of the bench
  const change = `ALTER USER "${next.username}" WITH PASSWORD '${next.password}'`
  await login(current, admin ? undefined : change)
  if (admin) await login(await admin(), change)
  await login(next)
}

/** Waits for no goodbye, as ours does not. */
async function login({ host, port, username, password, dbname }: Login, statement = 'SELECT 1'): Promise<void> {
  const client = new pg.Client({ host, port, user: username, password, database: dbname })
  await client.connect()
  await client.query(statement)
  client.end().catch(() => undefined)
}
