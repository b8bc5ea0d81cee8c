/**
 * The function in place of AWS's templates for MongoDB and DocumentDB, over MongoDB's protocol as FerretDB speaks it, with TLS. It ignores
 * roles: that a clone is given those of its original, the tests of the target show.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe } from 'vitest'
import { startFerretDB } from '../stand/ferretdb.ts'
import { requireServer } from '../stand/stand.ts'
import { dropInSuite } from './drop-in-engine.ts'

const server = requireServer(await startFerretDB({ tls: true }))
const caFile = path.join(mkdtempSync(path.join(tmpdir(), 'lockstep-ca-')), 'ca.pem')
writeFileSync(caFile, server?.tls?.ca ?? '')

/** The only roles that DocumentDB's extension knows. */
const roles = [
  { role: 'readWriteAnyDatabase', db: 'admin' },
  { role: 'clusterAdmin', db: 'admin' },
]

describe.skipIf(server === undefined)('MongoDB, protocol', async () => {
  if (server === undefined) return
  afterAll(() => server.stop())
  const admin = await server.connect()
  afterAll(() => admin.close())
  const run = (command: object) => admin.db('admin').command({ ...command })
  await dropInSuite({
    engine: 'mongo',
    host: server.host,
    port: server.tlsPort!,
    admin: server.admin,
    caFile,
    strategies: ['single-user', 'alternating-users'],
    async createLogin({ username, password }) {
      await run({ createUser: username, pwd: password, roles })
    },
    async setByTemplate({ username, password }) {
      const { users = [] } = await run({ usersInfo: username })
      await run(
        users.length === 0 ? { createUser: username, pwd: password, roles } : { updateUser: username, pwd: password },
      )
    },
    async works({ username, password }) {
      try {
        const client = await server.connect(username, password)
        await client
          .db('shop')
          .command({ find: 'orders' })
          .finally(() => client.close())
        return true
      } catch (error) {
        if ((error as { code?: number }).code === 18) return false
        throw error
      }
    },
  })
})
