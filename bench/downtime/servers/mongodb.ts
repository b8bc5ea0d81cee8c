/** FerretDB, which speaks MongoDB's protocol and is not MongoDB. */
import { createMongodbTarget } from '../../../core/targets/mongodb/index.ts'
import { FERRETDB_VERSION, startFerretDB } from '../../../test/stand/ferretdb.ts'
import { requireServer } from '../../../test/stand/stand.ts'
import { credential, firstUser, newPassword, type Open, owner, plain, users } from '../server.ts'

/** The only roles that DocumentDB's extension knows. */
const roles = ['readWriteAnyDatabase', 'clusterAdmin'].map(role => ({ role, db: 'admin' }))

export const open: Open = async (strategy, clock) => {
  const server = requireServer(await startFerretDB())
  if (!server || strategy === 'dual-password') return undefined
  const { host, port, stop, admin: superuser } = server
  const [username, password] = [firstUser(strategy), newPassword()]
  const client = await server.connect()
  const create = (createUser: string, pwd: string) => client.db('admin').command({ createUser, pwd, roles })
  await create(username, password)
  if (strategy === 'alternating-users') await create(users[1], newPassword())
  await client.close()
  const admin = async () => credential(superuser.username, superuser.password)
  const endpoints = [{ name: 'writer', host, port, role: 'writer' }] as const
  const target = createMongodbTarget(
    { strategy, endpoints, owner, tls: plain, ...(strategy === 'alternating-users' && { users, admin }) },
    clock,
  )
  const version = `FerretDB ${FERRETDB_VERSION.replace(/^v/, '')}`
  return { version, host, port, target, first: credential(username, password), stop }
}
