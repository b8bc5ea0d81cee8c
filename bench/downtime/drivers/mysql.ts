/** MySQL and MariaDB, by `mysql2`. */
import { createConnection, createPool, type PoolConnection } from 'mysql2/promise'
import { followMysql2 } from '../../../core/client/pools/mysql2.ts'
import { type Driver, POOL_SIZE } from '../driver.ts'

const ask = async (on: { query(text: string): Promise<unknown> }) => void (await on.query('select 1'))

const USES = 4

export const mysql: Driver = {
  uses: USES,

  async connect(at, { username: user, password }) {
    const connection = await createConnection({ ...at, user, password, connectTimeout: 10_000 })
    connection.on('error', () => {})
    return { query: () => ask(connection), close: async () => connection.end() }
  },

  pool(at, secrets, name) {
    const pool = createPool({ ...at, connectionLimit: POOL_SIZE, connectTimeout: 10_000 })
    followMysql2(secrets, name, pool)
    const uses = new WeakMap<object, number>()
    const giveBack = (connection: PoolConnection) => {
      const used = (uses.get(connection.connection) ?? 0) + 1
      uses.set(connection.connection, used)
      if (used < USES) connection.release()
      else connection.destroy()
    }
    const query = async () => {
      const connection = await pool.getConnection()
      await ask(connection).finally(() => giveBack(connection))
    }
    return { query, close: () => pool.end() }
  },
}
