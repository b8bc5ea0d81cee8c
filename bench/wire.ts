/**
 * What the engine says to PostgreSQL, recorded where it leaves for the wire, so that a bare script can say the same.
 * @module
 */
import pg from 'pg'

type Query = { readonly text: string; readonly values?: unknown[]; readonly queryMode?: 'extended' }

export interface RecordedSession {
  readonly user: string
  readonly queries: Query[]
}

interface Listener {
  onLogin?(client: pg.Client): void
  onQuery?(client: pg.Client, query: Query): void
  /** The server has answered. */
  onAnswer?(query: Query): void
}

/** Listens to every client of this process while `work` runs. */
async function listening<T>(listener: Listener, work: () => Promise<T>): Promise<T> {
  const prototype = pg.Client.prototype as unknown as {
    connect: () => Promise<void>
    query: (query: Query) => Promise<unknown>
  }
  const { connect, query } = prototype
  prototype.connect = function (this: pg.Client) {
    listener.onLogin?.(this)
    return connect.call(this)
  }
  prototype.query = function (this: pg.Client, asked: Query) {
    listener.onQuery?.(this, asked)
    return query.call(this, asked).then(answer => {
      listener.onAnswer?.(asked)
      return answer
    })
  }
  try {
    return await work()
  } finally {
    Object.assign(prototype, { connect, query })
  }
}

/** The sessions that `work` opens, in the order of their logins. */
export async function recorded(work: () => Promise<unknown>): Promise<readonly RecordedSession[]> {
  const sessions = new Map<pg.Client, RecordedSession>()
  const onLogin = (client: pg.Client) => void sessions.set(client, { user: String(client.user), queries: [] })
  const onQuery = (client: pg.Client, query: Query) => void sessions.get(client)!.queries.push({ ...query })
  await listening({ onLogin, onQuery }, work)
  return [...sessions.values()]
}

const ALTERS = /ALTER ROLE "?(\w+)"? PASSWORD/
const VERIFIER = /SCRAM-SHA-256\$[^']+/

/** When the server has answered the change of a password that `work` makes. */
export async function whenChanged(work: () => Promise<unknown>): Promise<number> {
  let at = Number.NaN
  const onAnswer = ({ text }: Query) => {
    if (ALTERS.test(text)) at = performance.now()
  }
  await listening({ onAnswer }, work)
  return at
}

/** The bare script: the same logins and statements, one after the other, and nothing else. Like the engine, it waits for no goodbye. */
export async function replay(
  sessions: readonly RecordedSession[],
  {
    server,
    passwords,
    next,
  }: {
    readonly server: pg.ClientConfig
    /** By user; the changed one is updated. */
    readonly passwords: Map<string, string>
    readonly next: { readonly password: string; readonly verifier: string }
  },
): Promise<void> {
  for (const { user, queries } of sessions) {
    const client = new pg.Client({ ...server, user, password: passwords.get(user)! })
    await client.connect()
    for (const query of queries) {
      const altered = ALTERS.exec(query.text)?.[1]
      await client.query({ ...query, text: query.text.replace(VERIFIER, next.verifier) })
      if (altered !== undefined) passwords.set(altered, next.password)
    }
    client.end().catch(() => undefined)
  }
}

/** The same sessions on other logins. */
export const renamed = (sessions: readonly RecordedSession[], from: string, to: string): RecordedSession[] =>
  sessions.map(({ user, queries }) => ({
    user: user.replaceAll(from, to),
    queries: queries.map(query => ({ ...query, text: query.text.replaceAll(from, to) })),
  }))
