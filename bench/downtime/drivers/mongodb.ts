/** What speaks MongoDB's protocol, by `mongodb`. */
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { followMongo } from '../../../core/client/pools/mongodb.ts'
import { type Address, type Driver, type Login, POOL_SIZE } from '../driver.ts'

/** `ping` is answered to anybody. */
const ask = async (client: MongoClient) => void (await client.db('admin').command({ listDatabases: 1, nameOnly: true }))

const clientOf = ({ host, port }: Address, auth: Login, more: MongoClientOptions) =>
  new MongoClient(`mongodb://${host}:${port}/?directConnection=true`, {
    auth,
    serverSelectionTimeoutMS: 10_000,
    ...more,
  })

export const mongodb: Driver = {
  // A client of this driver is a pool with a monitor, and a login is dear to this server.
  uses: 10,

  async connect(at, login) {
    const client = clientOf(at, login, { maxPoolSize: 1 })
    try {
      await client.connect()
    } catch (error) {
      await client.close()
      throw error
    }
    return { query: () => ask(client), close: () => client.close() }
  },

  pool(at, secrets, name) {
    const pool = followMongo(secrets, name, ({ username, password }) =>
      clientOf(
        at,
        { username: username!, password: password.reveal() },
        { maxPoolSize: POOL_SIZE, maxIdleTimeMS: 100 },
      ),
    )
    return { query: () => pool.use(ask), close: () => pool.close() }
  },
}
