import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startMariadb } from './mariadb.ts'
import { startMysql } from './mysql.ts'
import { startPostgres } from './postgres.ts'
import type { ServerProcess } from './process.ts'
import { atFreePort, orUnavailable, PORT_TAKEN, requireServer, type Unavailable, until } from './stand.ts'

const program = `
  const { startPostgres } = await import('${import.meta.dirname}/postgres.ts')
  const server = await startPostgres()
  const { rows } = await (await server.connect()).query('SELECT pg_backend_pid() AS pid')
  console.log(rows[0].pid + ' ' + server.dataFolder)
  setInterval(() => {}, 1000)`

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const here = requireServer(await startPostgres())
await here?.stop()

describe.skipIf(!here)('a server of the stand', () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves no process and no file when its parent gets %s',
    async signal => {
      child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [line] = (await once(child.stdout!, 'data')) as [Buffer]
      const [pid, folder] = line.toString().trim().split(' ') as [string, string]
      expect([alive(Number(pid)), existsSync(folder)]).toEqual([true, true])
      child.kill(signal)
      await until(() => expect([alive(Number(pid)), existsSync(folder)]).toEqual([false, false]))
    },
  )

  test('leaves nothing after stop, and keeps its data over down and up', async () => {
    const server = requireServer(await startPostgres())!
    await server.sql('CREATE TABLE kept ()')
    await server.down()
    await expect(server.connect()).rejects.toThrow()
    await server.up()
    await server.sql('TABLE kept')
    await server.stop()
    expect(existsSync(server.dataFolder)).toBe(false)
  })

  test('a server that does not start says why', async () => {
    const bad = await startPostgres({ conf: { no_such_setting: 1 } })
    expect(bad).toEqual({ unavailable: expect.stringContaining('no_such_setting') })
  })
})

test('a missing server is a failure where servers are required, and a visible skip elsewhere', async () => {
  const missing = await orUnavailable('thing', () => Promise.reject(new Error('not here')))
  const before = process.env.LOCKSTEP_REQUIRE_SERVERS
  try {
    process.env.LOCKSTEP_REQUIRE_SERVERS = '1'
    expect(() => requireServer(missing)).toThrow('thing: not here')
    process.env.LOCKSTEP_REQUIRE_SERVERS = ''
    expect(requireServer(missing)).toBeUndefined()
  } finally {
    if (before === undefined) delete process.env.LOCKSTEP_REQUIRE_SERVERS
    else process.env.LOCKSTEP_REQUIRE_SERVERS = before
  }
})

describe('a port that somebody else has taken', () => {
  test('is left for another one, twice; what fails otherwise fails at once', async () => {
    const taken = Object.assign(new Error('listen EADDRINUSE: address already in use'), { code: 'EADDRINUSE' })
    const ports: number[] = []
    const start = (failures: number, error: Error) => (port: number) =>
      ports.push(port) <= failures ? Promise.reject(error) : Promise.resolve(port)
    expect(await atFreePort(start(2, taken))).toBe(ports.at(-1))
    ports.length = 0
    await expect(atFreePort(start(3, taken))).rejects.toThrow('EADDRINUSE')
    ports.length = 0
    await expect(atFreePort(start(1, new Error('no such file')))).rejects.toThrow('no such file')
    expect(ports).toHaveLength(1)
  })

  // MySQL says it thousands of characters before its last words: the end of its log would not be enough
  const servers: [string, (options?: { conf: { port: number } }) => Promise<ServerProcess | Unavailable>][] = [
    ['PostgreSQL', startPostgres],
    ['MySQL', startMysql],
    ['MariaDB', startMariadb],
  ]
  test.for(servers)(
    'is what %s dies of, and every try has data of its own',
    { timeout: 120_000 },
    async ([, start], { skip }) => {
      const here = requireServer(await start()) ?? skip()
      await here.stop()
      const taking = net.createServer().listen(0, '127.0.0.1')
      try {
        await once(taking, 'listening')
        const { port } = taking.address() as net.AddressInfo
        expect(await start({ conf: { port } })).toMatchObject({ unavailable: expect.stringMatching(PORT_TAKEN) })
      } finally {
        taking.close()
      }
    },
  )
})
