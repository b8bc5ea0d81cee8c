/** PostgreSQL, by `pg`. */
import pg from 'pg'
import { followPg } from '../../../core/client/pools/pg.ts'
import { type Driver, POOL_SIZE } from '../driver.ts'

const TIMEOUT = { database: 'postgres', connectionTimeoutMillis: 10_000 }
const ask = async (on: { query(text: string): Promise<unknown> }) => void (await on.query('select 1'))

const USES = 4

export const postgres: Driver = {
  uses: USES,

  async connect(at, { username: user, password }) {
    const client = new pg.Client({ ...at, ...TIMEOUT, user, password })
    client.on('error', () => {})
    await client.connect()
    return { query: () => ask(client), close: () => client.end() }
  },

  pool(at, secrets, name) {
    const pool = new pg.Pool({ ...at, ...TIMEOUT, max: POOL_SIZE, maxUses: USES })
    pool.on('error', () => {})
    followPg(secrets, name, pool)
    return { query: () => ask(pool), close: () => pool.end() }
  },
}
