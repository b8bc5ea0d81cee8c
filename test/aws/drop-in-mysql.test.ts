/**
 * The function in place of AWS's templates for MySQL, against a real MySQL over TLS. Planted: `%` alone changed; the admin's login asked of
 * a single user; a second password left by the rotation before not ended; plaintext for an absent `ssl`: each failed here.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe } from 'vitest'
import { startMysql } from '../stand/mysql.ts'
import { requireServer } from '../stand/stand.ts'
import type { Login } from './bundle-run.ts'
import { dropInSuite } from './drop-in-engine.ts'

const server = requireServer(await startMysql())
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-ca-'))
const caFile = path.join(folder, 'ca.pem')
writeFileSync(caFile, server?.tls?.ca ?? '')
await server?.sql('CREATE DATABASE orders', 'CREATE TABLE orders.items (id INT)')

describe.skipIf(server === undefined)('MySQL', async () => {
  if (server === undefined) return
  afterAll(() => server.stop())
  await dropInSuite(
    {
      engine: 'mysql',
      host: server.host,
      port: server.port,
      admin: { username: 'root', password: server.adminPassword },
      caFile,
      strategies: ['single-user', 'alternating-users', 'dual-password'],
      async createLogin({ username, password }: Login) {
        // the host part that lets us in is not the template's only one
        for (const host of ['%', '127.0.0.1'])
          await server.sql(
            `CREATE USER '${username}'@'${host}' IDENTIFIED BY '${password}'`,
            `GRANT SELECT ON orders.* TO '${username}'@'${host}'`,
          )
      },
      async setByTemplate({ username, password }: Login) {
        const accounts = await server.sql(`SELECT Host AS host FROM mysql.user WHERE User = '${username}'`)
        if (accounts.length === 0)
          await server.sql(
            `CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`,
            `GRANT SELECT ON orders.* TO '${username}'@'%'`,
          )
        for (const { host } of accounts)
          await server.sql(`ALTER USER '${username}'@'${host}' IDENTIFIED BY '${password}'`)
      },
      async works({ username, password }: Login) {
        try {
          const connection = await server.connect(username, password, 'orders')
          await connection.query('SELECT * FROM items').finally(() => connection.end())
          return true
        } catch (error) {
          if ((error as { errno?: number }).errno === 1045) return false
          throw error
        }
      },
    },
    { dbname: 'orders' },
  )
})
