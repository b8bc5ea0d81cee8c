/**
 * Two at once, and Ctrl-C in the middle: the real program, as processes of its own.
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { type Postgres, startPostgres } from '../stand/postgres.ts'
import { startProxy } from '../stand/proxy.ts'
import { requireServer, until } from '../stand/stand.ts'
import { furnished, type Prepared, prepare } from './database.ts'
import { parsed, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
afterAll(() => server?.stop())

/** Resolves when the child has said this on stderr. */
const says = (child: ChildProcess, text: string): Promise<void> =>
  new Promise(resolve => {
    let said = ''
    child.stderr!.on('data', chunk => {
      said += chunk
      if (said.includes(text)) resolve()
    })
  })

/** Logs in with what the store calls current, which must work. */
async function currentWorks(here: ReturnType<typeof project>, name: string, on: Postgres): Promise<void> {
  const { stdout } = await here.ok(['secret', 'get', name, '--reveal', '--yes-print-secret'])
  const { username, password } = JSON.parse(stdout)
  await (await on.connect(username, password)).end()
}

describe.skipIf(server === undefined)('two rotates at once', () => {
  test.each(['orders-db', 'solo-db'])('%s: one rotation, and both end well', async name => {
    const here = await furnished(project(), await prepare(server!))
    const both = await Promise.all([1, 2].map(() => here.run(['rotate', name, '--force', '--json'])))
    for (const { code, stdout } of both) {
      expect([0, 3, 5]).toContain(code)
      const { outcome, error } = parsed(stdout)
      expect(outcome ?? error.code).toMatch(/^(rotated|already-rotated|waiting|stale|target-busy)$/)
    }
    expect(both.map(({ stdout }) => parsed(stdout).outcome)).toContain('rotated')
    const { data } = await here.json(['status', name])
    expect(data).toMatchObject({ generation: 1, in_flight: false })
    await currentWorks(here, name, server!)
  })
})

describe.skipIf(server === undefined)('Ctrl-C', () => {
  /** The endpoint goes through a proxy that keeps the change of the password from being answered. */
  async function stuckAtSet(prepared: Prepared) {
    const proxy = await startProxy(server!)
    const config = structuredClone(prepared.config) as { secrets: Record<string, { target: { endpoints: object[] } }> }
    for (const secret of Object.values(config.secrets)) Object.assign(secret.target.endpoints[0]!, { port: proxy.port })
    const here = await furnished(project(), prepared, config)
    const reached = proxy.loseAnswerTo('ALTER ROLE', 'silent')
    return { here, proxy, reached }
  }

  test('stops where that is safe, with exit code 130; the next run finishes the same rotation', async () => {
    const { here, proxy, reached } = await stuckAtSet(await prepare(server!))
    const child = here.start(['rotate', 'orders-db', '--force'])
    const ended = here.ended(child)
    await reached
    child.kill('SIGINT')
    const ran = await ended
    expect(ran.code, ran.stderr).toBe(130)
    expect(ran.stderr).toContain('finishing the step. Press Ctrl-C again to kill.')
    expect(ran.stderr).toMatch(/resumable|the next run probes/)
    await currentWorks(here, 'orders-db', server!)
    const status = await here.json(['status', 'orders-db'])
    const pending = status.data.stages.find(({ stage }: { stage: string }) => stage === 'pending')
    const again = await here.json(['rotate', 'orders-db'])
    expect(again.data).toMatchObject({ outcome: 'rotated', resumed: true, new: pending.version })
    await currentWorks(here, 'orders-db', server!)
    await proxy.stop()
  })

  test('while a value is awaited on stdin: nothing is stored', async () => {
    const here = await furnished(project(), await prepare(server!))
    const child = here.start(['secret', 'put', 'orders-db', '--replace'], { stdinOpen: true })
    const ended = here.ended(child)
    await says(child, 'waiting for the value')
    child.kill('SIGINT')
    const ran = await ended
    expect(ran).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(/waiting for the value on stdin …[\s\S]*nothing was stored/),
    })
  })

  test('within a gap: the cut-over is finished first, then exit code 130', async () => {
    const prepared = await prepare(server!)
    const here = await furnished(project(), prepared)
    const inTheWay = await server!.connect()
    await inTheWay.query(`BEGIN; ALTER ROLE ${prepared.solo} CONNECTION LIMIT 50`)
    const child = here.start(['rotate', 'solo-db', '--force'])
    const ended = here.ended(child)
    const onlooker = await server!.connect()
    await until(async () => {
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'lockstep' AND wait_event_type = 'Lock'"
      if ((await onlooker.query(waiting)).rows.length === 0) throw new Error('nobody waits yet')
    })
    await onlooker.end()
    child.kill('SIGINT')
    await says(child, 'Interrupted')
    await inTheWay.query('ROLLBACK')
    await inTheWay.end()
    const ran = await ended
    expect(ran).toMatchObject({ code: 130, stdout: expect.stringContaining('solo-db is rotated') })
    expect((await here.json(['status', 'solo-db'])).data).toMatchObject({ condition: 'grace', in_flight: false })
    await currentWorks(here, 'solo-db', server!)
  })

  test('twice: ends at once; nothing is lost', async () => {
    const { here, proxy, reached } = await stuckAtSet(await prepare(server!))
    const child = here.start(['rotate', 'solo-db', '--force'])
    const ended = here.ended(child)
    await reached
    child.kill('SIGINT')
    await says(child, 'Interrupted')
    await delay(100) // a gap: the first is not obeyed while consumers may hold a dead credential
    expect(child.exitCode).toBeNull()
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect((await here.json(['status'])).data.secrets[0]).toMatchObject({ name: 'solo-db', condition: 'urgent' })
    const again = await here.json(['rotate', 'solo-db'])
    expect(again).toMatchObject({ code: 0, data: { outcome: 'rotated', resumed: true } })
    await currentWorks(here, 'solo-db', server!)
    await proxy.stop()
  })
})
