/**
 * The fail-over drill with the real program: three stores, a register in a fourth, a real PostgreSQL.
 */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { prepare } from './database.ts'
import { find, furnishedRegions, later, lockOut, lose, MEMBERS, makeKeys, regionsConfig } from './replicated.ts'
import { type Data, type Project, parsed, projects } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
afterAll(() => server?.stop())

const MINUTE = 60_000
const begun = async (more: object = {}) => {
  const here = await furnishedRegions(project(), await prepare(server!), more)
  await here.ok(['replicate', 'orders-db'])
  return here
}

/** What consumers of a region read logs in. */
async function works(here: Project, member: string, name = 'orders-db'): Promise<void> {
  const args = ['secret', 'get', name, '--store', member, '--reveal', '--yes-print-secret']
  const { username, password } = JSON.parse((await here.ok(args)).stdout)
  await (await server!.connect(username, password)).end()
}

const standing = (data: Data): Record<string, string> =>
  Object.fromEntries(data.followers.map((one: Data) => [one.follower, one.standing]))

describe.skipIf(server === undefined)('the drill', () => {
  test('replicate, rotate, lose the leader, fail over, wait, rotate, take the old leader back: drift 0', async () => {
    const here = await furnishedRegions(project(), await prepare(server!))
    const type = (line: string) => here.main(line.split(' '))
    /** In a process of its own, as a person types it. */
    const typed = (line: string) => here.run(line.split(' '))

    expect(await type('status')).toMatchObject({ code: 0, stderr: 'Next: lockstep replicate orders-db\n' })
    const first = await typed('replicate orders-db')
    expect(first).toMatchObject({ code: 0, stderr: 'Next: lockstep status orders-db\n' })
    expect(first.stdout).toMatch(/✔ orders-db: us and ap show number 1 of eu\n+MEMBER +STANDS[\s\S]*us +in sync +1 +1 /)
    const rotated = await type('rotate orders-db --force')
    expect(rotated.stdout).toMatch(/orders-db is rotated[\s\S]*us +in sync +2 +1 .*\nap +in sync +2 +1 /)

    lose(here, 'eu')
    const lost = await type('status orders-db')
    expect(lost).toMatchObject({ code: 5, stderr: 'Next: lockstep fail-over orders-db --to us --dry-run\n' })
    expect(lost.stdout).toMatch(
      /unreadable: The store of eu, which leads, is not there[\s\S]*eu +lost\?[\s\S]*us +in sync/,
    )
    expect((await type('status')).stdout).toMatch(/FOLLOWERS +NOTE\norders-db +unreadable +us ✔ ap ✔/)

    const plan = await type('fail-over orders-db --to us --dry-run')
    expect(plan).toMatchObject({ code: 0, stderr: 'Next: lockstep fail-over orders-db --to us --reason …\n' })
    for (const line of [
      /orders-db would be led by us instead of eu\n/,
      /from +eu, epoch 1\n {2}to +us, epoch 2\n/,
      /adopts +what us shows, number 2; the target accepts it\n/,
      /lost +nothing/,
      /consumers +orders-api: nobody notices/,
      /keeps quiet +it begins and ends nothing until 20.* \(in 1m\): a run of eu/,
      /to be told +ap \(best effort\), in this command\n +eu, by `lockstep replicate` when it is back/,
    ])
      expect(plan.stdout).toMatch(line)
    const done = await typed('fail-over orders-db --to us --reason drill')
    expect(done).toMatchObject({ code: 0, stderr: 'Next: lockstep status orders-db\n' })
    expect(done.stdout).toMatch(
      /is led by us now, no more by eu \(epoch 2\)[\s\S]*not told yet +eu[\s\S]*ap +in sync +3 +2/,
    )
    for (const name of ['us', 'ap']) await works(here, name)

    const status = await type('status orders-db')
    expect(status.stdout).toMatch(
      /orders-db held: .*held by follower eu[\s\S]*leader +us, epoch 2, since .*; before: eu/,
    )
    expect((await type('status')).stdout).toMatch(/us leads; eu ✖ not reached ap ✔/)
    expect(await type('retire orders-db')).toMatchObject({ code: 3 })
    expect(await type('rotate orders-db --force')).toMatchObject({ code: 3 })

    // whoever led is not made anew: its store comes back, or is given up
    expect((await type('replicate orders-db')).stdout).toMatch(/eu +not reached/)
    expect(existsSync(here.at('.lockstep/eu.db'))).toBe(false)
    find(here, 'eu')
    const back = await typed('replicate orders-db')
    expect(back.stdout).toMatch(/✔ orders-db: eu and ap show number 3 of us/)
    expect(await type('drift orders-db --fail-on-drift')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no drift'),
    })
    // the quiet time and the grace, from when the last region showed the new one
    const retired = await here.main(['retire', 'orders-db'], { clock: later(12 * MINUTE) })
    expect(retired.stdout, retired.stderr).toContain('verified refused')
    const next = await here.json(['rotate', 'orders-db', '--force'], { clock: later(13 * MINUTE) })
    expect(next).toMatchObject({
      code: 0,
      data: { outcome: 'rotated', followers: [{ follower: 'eu', sequence: 4 }, {}] },
    })
    for (const name of MEMBERS) await works(here, name)

    const home = await here.json(['fail-over', 'orders-db', '--to', 'eu', '--reason', 'back home'])
    expect(home).toMatchObject({ code: 0, data: { from: 'us', to: 'eu', epoch: 3, lost: [] } })
    const history = (await type('history orders-db --limit 50')).stdout
    for (const what of ['failed over', 'eu → us', 'us → eu', 'us in-sync']) expect(history).toContain(what)
    expect((await here.json(['drift', '--fail-on-drift'])).data).toMatchObject({ drifted: 0 })
  })

  test('within the quiet time the new leader begins nothing, and says until when', async () => {
    const here = await begun()
    const unlock = lockOut(here, 'eu')
    expect(await here.json(['status', 'orders-db'])).toMatchObject({
      code: 6,
      data: {
        condition: 'unreadable',
        leader: 'eu',
        followers: [{ standing: 'in-sync' }, {}],
        error: { code: 'store-corrupt' },
      },
    })
    await here.ok(['fail-over', 'orders-db', '--to', 'us', '--reason', 'drill'])
    unlock()
    await here.ok(['replicate'])
    const early = await here.json(['rotate', 'orders-db', '--force', '--revoke-now', '--reason', 'x'])
    expect(early).toMatchObject({ code: 3, data: { outcome: 'waiting', for: 'run-life', until: expect.any(String) } })
    const after = await here.json(['rotate', 'orders-db'], { clock: later(2 * MINUTE) })
    expect(after.data).toMatchObject({ outcome: 'rotated', resumed: true })
    for (const name of MEMBERS) await works(here, name)
  })

  test('a follower that is behind leads only by name, and what is lost is spelled out', async () => {
    const here = await begun()
    lose(here, 'ap')
    expect((await here.ok(['rotate', 'orders-db', '--force'])).stdout).toMatch(/ap +not reached/)
    find(here, 'ap')
    lose(here, 'eu')
    const status = await here.main(['status', 'orders-db'])
    expect(status.stdout).toMatch(/us +in sync +2 +1[\s\S]*ap +1 behind +1 +1/)
    expect(status.stderr).toBe('Next: lockstep fail-over orders-db --to us --dry-run\n')
    const plan = await here.main(['fail-over', 'orders-db', '--to', 'ap', '--dry-run'])
    expect(plan.code).toBe(4)
    expect(plan.stdout).toMatch(
      /✖ orders-db would not be given to ap[\s\S]*lost +number 2, which eu gave out and ap never had/,
    )
    expect(plan.stdout).toMatch(/consumers that read eu and us go back to number 1/)
    const refused = await here.json(['fail-over', 'orders-db', '--to', 'ap', '--reason', 'x'])
    expect(refused).toMatchObject({ code: 4, data: { error: { code: 'follower-behind' } } })
    const accepted = await here.json(['fail-over', 'orders-db', '--to', 'ap', '--reason', 'x', '--accept-older'])
    expect(accepted).toMatchObject({ code: 0, data: { lost: [2], adopted_sequence: 1, epoch: 2 } })
    for (const name of ['us', 'ap']) await works(here, name)
  })

  test('a retirement waits for a required follower, says for which, and is released by its name', async () => {
    const here = await begun()
    await here.ok(['rotate', 'orders-db', '--force'])
    lose(here, 'us')
    expect(await here.json(['rotate', 'orders-db', '--force'])).toMatchObject({ code: 3 })
    const clock = later(15 * MINUTE)
    const held = await here.main(['retire', 'orders-db'], { clock })
    expect(held).toMatchObject({ code: 3, stderr: expect.stringContaining('Next: lockstep status orders-db\n') })
    expect(held.stdout).toMatch(/do not show current yet: us\.[\s\S]*--release follower:NAME --reason/)
    const { data } = await here.json(['status'], { clock })
    expect(data.secrets[0]).toMatchObject({ condition: 'held', note: expect.stringContaining('held by follower us') })
    const unknown = await here.main(['retire', 'orders-db', '--release', 'follower:uss', '--reason', 'x'], { clock })
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean 'us'?") })
    const other = await here.json(['retire', 'orders-db', '--release', 'follower:ap', '--reason', 'x'], { clock })
    expect(other.data).toMatchObject({ outcome: 'waiting', for: 'followers' })
    const released = ['retire', 'orders-db', '--release', 'sessions', 'follower:us', '--reason', 'region given up']
    expect((await here.json(released, { clock })).data).toMatchObject({ outcome: 'retired' })
  })

  test('somebody else’s value at a follower is reported and kept; doctor repairs what is behind, never that', async () => {
    const here = await begun()
    lose(here, 'ap')
    await here.ok(['rotate', 'orders-db', '--force'])
    find(here, 'ap')
    const strange = '{"username":"stranger","password":"somebody-elses-1"}'
    await here.ok(['secret', 'put', 'orders-db', '--store', 'us', '--replace'], { input: strange })
    const drift = await here.main(['drift', 'orders-db', '--fail-on-drift'])
    expect(drift).toMatchObject({ code: 4, stderr: 'Next: lockstep replicate orders-db --force --reason …\n' })
    expect(drift.stdout).toMatch(/2 of 2 followers not as eu has it[\s\S]*us +foreign[\s\S]*ap +1 behind/)
    expect((await here.json(['drift', 'orders-db'])).code).toBe(0)
    const found = await here.main(['doctor', 'orders-db'])
    expect(found.code).toBe(4)
    expect(found.stdout).toMatch(
      /✖ The follower us holds a value .*follower-foreign[\s\S]*! The follower ap is 1 behind.*follower-behind/,
    )
    const fixed = await here.json(['doctor', 'orders-db', '--fix'])
    expect(fixed.data.secrets[0].repaired).toMatchObject([{ kind: 'follower-behind' }])
    expect(standing((await here.json(['status', 'orders-db'])).data)).toEqual({ us: 'foreign', ap: 'in-sync' })
    const kept = await here.json(['replicate', 'orders-db'])
    expect(kept).toMatchObject({ code: 4, data: { in_sync: false } })
    await here.ok(['replicate', 'orders-db', '--force', '--reason', 'edited by mistake'])
    expect((await here.json(['drift'])).data.drifted).toBe(0)
    expect(here.printed).not.toContain('somebody-elses-1')
  })

  test('doctor writes the first record, and a record that is lost is not written anew', async () => {
    const here = await furnishedRegions(project(), await prepare(server!))
    const found = await here.json(['doctor', 'orders-db'])
    expect(found.code).toBe(4)
    expect(found.data.secrets[0].findings).toContainEqual(
      expect.objectContaining({ kind: 'no-leader-record', fixable: true, remedy: 'lockstep replicate orders-db' }),
    )
    await here.ok(['doctor', 'orders-db', '--fix'])
    expect(standing((await here.json(['status', 'orders-db'])).data)).toEqual({ us: 'in-sync', ap: 'in-sync' })
    lose(here, 'epochs')
    const again = await here.main(['replicate', 'orders-db'])
    expect(again.code).toBe(4)
    expect(again.stdout).toMatch(/us holds a copy of epoch 1: the record is lost/)
  })

  test('plan and check --connect name members, the register, late copies; a gap is said for each region', async () => {
    const here = await begun()
    const plan = (await here.ok(['plan', 'orders-db'])).stdout
    for (const line of [
      /leader +eu, epoch 1/,
      /us, .*us\.db: in sync; required/,
      /ap, .*best effort/,
      /late copies +us: refused/,
    ])
      expect(plan).toMatch(line)
    expect(plan).toMatch(
      /value +at most 65,536 bytes, by us\n {2}epochs +who leads is written in epochs \(.*epochs\.db\)/,
    )
    expect((await here.json(['plan', 'orders-db'])).data).toMatchObject({
      leader: 'eu',
      followers: [{ follower: 'us', gap: false }, {}],
    })
    const checked = await here.ok(['check', '--connect'])
    expect(checked.stdout).not.toContain('is lost with')
    expect(checked.stdout).toMatch(/✔ register: eu leads, epoch 1[\s\S]*✔ follower us shows[\s\S]*✔ follower ap shows/)
    lose(here, 'ap')
    const failed = await here.main(['check', '--connect'])
    expect(failed.code).toBe(2)
    expect(failed.stdout).toMatch(/✖ follower ap cannot be reached: .*ap\.db does not exist/)
  })

  test('with one login: the plan says the gap of each region, and every region is shown the new value', async () => {
    const prepared = await prepare(server!)
    const config = regionsConfig(prepared) as { secrets: Record<string, object> }
    const { followers } = config.secrets['orders-db'] as { followers: object[] }
    const { 'solo-db': solo } = prepared.config.secrets
    const more = { store: 'eu', followers, runLife: '1m', grace: '10m', acceptGap: ['us', 'ap'] }
    const here = project()
    makeKeys(here)
    here.write('lockstep.yml', JSON.stringify({ ...config, secrets: { 'solo-db': { ...solo, ...more } } }))
    await here.ok(['secret', 'put', 'solo-db'], { input: prepared.soloValue })
    await here.ok(['replicate', 'solo-db'])
    const plan = (await here.ok(['plan', 'solo-db', '--force'])).stdout
    expect(plan).toMatch(
      /gap +consumers of us are cut off from set until their copy is shown: .*30s at most.*accepted by/,
    )
    const clock = later(15 * MINUTE)
    expect((await here.json(['rotate', 'solo-db', '--force'], { clock })).data).toMatchObject({
      outcome: 'rotated',
      followers: [{ standing: 'in-sync' }, { standing: 'in-sync' }],
    })
    for (const name of MEMBERS) await works(here, name, 'solo-db')
    lose(here, 'us')
    const held = await here.json(['rotate', 'solo-db', '--force'], { clock: later(40 * MINUTE) })
    expect(held).toMatchObject({ code: 3, data: { for: 'followers' } })
    for (const name of ['eu', 'ap']) await works(here, name, 'solo-db')
  })

  test('a region that hangs: its time-out ends the visit, the others have their copy, and progress says who is waited for', async () => {
    const hangs = createServer(() => {}).listen(0, '127.0.0.1')
    await once(hangs, 'listening')
    const prepared = await prepare(server!)
    const here = await furnishedRegions(project(), prepared)
    const config = JSON.parse(here.read('lockstep.yml'))
    const endpoint = `http://127.0.0.1:${(hangs.address() as AddressInfo).port}`
    config.stores.far = { kind: 'aws', region: 'eu-west-1', endpoint }
    config.secrets['orders-db'].followers.push({ store: 'far', required: false, timeout: '4s' })
    config.audit = [{ kind: 'file', file: 'audit.jsonl' }]
    here.write('lockstep.yml', JSON.stringify(config))
    const env = { AWS_ACCESS_KEY_ID: 'AKIAFAKE', AWS_SECRET_ACCESS_KEY: 'fake' }
    const ran = await here.run(['replicate', 'orders-db'], { env })
    hangs.close()
    expect(ran.code, ran.stderr).toBe(5)
    expect(ran.stdout).toMatch(
      /✖ orders-db: far does not show number 1[\s\S]*us +in sync[\s\S]*ap +in sync[\s\S]*far +not reached/,
    )
    expect(ran.stderr).toMatch(/orders-db: us ✔, ap ✔, far … …\n/)
  })

  test('no value of any region is in anything that these commands print', async () => {
    const here = await begun()
    await here.ok(['rotate', 'orders-db', '--force'])
    for (const line of [
      'status',
      'status orders-db',
      'drift',
      'plan orders-db',
      'doctor',
      'fail-over orders-db --to us --dry-run',
    ])
      for (const more of [[], ['--json']]) await here.main([...line.split(' '), ...more])
    const printed = here.printed
    for (const member of MEMBERS) {
      const args = ['secret', 'get', 'orders-db', '--store', member, '--reveal', '--yes-print-secret']
      const { password } = JSON.parse(parsed((await here.ok([...args, '--json'])).stdout).value) as { password: string }
      expect(printed).not.toContain(password)
      expect(readFileSync(here.at(`.lockstep/${member}.db`), 'latin1')).not.toContain(password)
    }
  })
})
