/**
 * The function in place of AWS's templates for MariaDB, against a real MariaDB over TLS.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe } from 'vitest'
import { startMariadb } from '../stand/mariadb.ts'
import { requireServer } from '../stand/stand.ts'
import type { Login } from './bundle-run.ts'
import { dropInSuite } from './drop-in-engine.ts'

const server = requireServer(await startMariadb({ tls: true }))
const caFile = path.join(mkdtempSync(path.join(tmpdir(), 'lockstep-ca-')), 'ca.pem')
writeFileSync(caFile, server?.tls?.ca ?? '')
await server?.sql('CREATE DATABASE orders; CREATE TABLE orders.items (id INT)')

describe.skipIf(server === undefined)('MariaDB', async () => {
  if (server === undefined) return
  afterAll(() => server.stop())
  const create = ({ username, password }: Login, host: string) =>
    server.sql(`CREATE USER '${username}'@'${host}' IDENTIFIED BY '${password}';
      GRANT SELECT ON orders.* TO '${username}'@'${host}'`)
  await dropInSuite(
    {
      engine: 'mariadb',
      host: server.host,
      port: server.port,
      admin: { username: 'root', password: server.adminPassword },
      caFile,
      strategies: ['single-user', 'alternating-users', 'dual-password'],
      async createLogin(login) {
        for (const host of ['%', '127.0.0.1']) await create(login, host)
      },
      async setByTemplate(login) {
        const { username, password } = login
        const accounts = await server.sql(`SELECT Host AS host FROM mysql.user WHERE User = '${username}'`)
        if (accounts.length === 0) await create(login, '%')
        for (const { host } of accounts)
          await server.sql(`SET PASSWORD FOR '${username}'@'${host}' = PASSWORD('${password}')`)
      },
      async works({ username, password }) {
        try {
          const connection = await server.connect(username, password)
          await connection.query('SELECT * FROM orders.items').finally(() => connection.end())
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
