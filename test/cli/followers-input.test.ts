/**
 * What people get wrong about leaders and followers: the message, the exit code, and that nothing was changed.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'
import { prepare } from './database.ts'
import { find, furnishedRegions, lockOut, lose } from './replicated.ts'
import { type Data, type Project, parsed, projects, type Ran } from './support.ts'

const server = requireServer(await startPostgres())
const project = projects()
afterAll(() => server?.stop())

const begun = async (more: object = {}) => {
  const here = await furnishedRegions(project(), await prepare(server!), more)
  await here.ok(['replicate', 'orders-db'])
  return here
}

const failOver = (to: string, ...more: string[]) => ['fail-over', 'orders-db', '--to', to, ...more]

function refused(ran: Ran, code: number, ...says: readonly RegExp[]): void {
  expect(ran.code, ran.stdout + ran.stderr).toBe(code)
  for (const text of says) expect(ran.stderr).toMatch(text)
  expect(ran.stderr).toMatch(/\n {2}safe {2}.*\n {2}next {2}/)
}

/** Who leads, and what every member shows. */
async function standing(here: Project): Promise<Data> {
  const { leader, epoch, sequence, followers } = (await here.json(['status', 'orders-db'])).data
  return { leader, epoch, sequence, versions: followers?.map((one: Data) => one.version) }
}

describe('lockstep.yml', () => {
  const store = { kind: 'local', file: 's.db', key: { env: 'K' } }
  const target = { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] }
  const config = (followers: readonly object[], more: object = {}, secret: object = {}) => ({
    version: 1,
    stores: { eu: store, us: { ...store, file: 'u.db' }, reg: { ...store, file: 'r.db' } },
    epochs: { store: 'reg' },
    secrets: {
      db: { strategy: 'alternating-users', users: ['a', 'b'], store: 'eu', target, followers, ...secret },
    },
    ...more,
  })

  test.each([
    ['no `epochs:`', config([{ store: 'us' }], { epochs: undefined }), /secrets\.db\.followers.* need `epochs:`/],
    [
      'a mapping that drops the password',
      config([{ store: 'us', values: { password: '' } }]),
      /values\.password.*part of the credential/,
    ],
    [
      'a mapping that changes the login',
      config([{ store: 'us', values: { username: 'x' } }]),
      /values\.username.*part of the credential/,
    ],
    ['a store that is misspelt', config([{ store: 'uss' }]), /followers\[?\.?0.*store.*did you mean 'us'/],
    ['two names for one', config([{ store: 'us' }, { store: 'us' }]), /is taken|same/],
    [
      'its own leader',
      config([{ store: 'eu', name: 'copy' }]),
      /followers.*is the same secret of the same store as db/,
    ],
    ['a register that is lost with the leader', config([{ store: 'us' }], { epochs: { store: 'eu' } }), /lost with it/],
    [
      'a gap that nobody has accepted',
      config([{ store: 'us' }], {}, { strategy: 'single-user', users: undefined }),
      /acceptGap/,
    ],
  ])('%s', async (_, written, says) => {
    const here = project()
    here.write('lockstep.yml', JSON.stringify(written))
    for (const command of [['check'], ['replicate'], ['fail-over', 'db', '--to', 'us', '--reason', 'x']])
      refused(await here.main(command), 2, says, /config-invalid/)
  })

  test('secrets without followers: said, and where to name them', async () => {
    const here = project().configure({ secrets: { db: { strategy: 'single-user', target } } })
    for (const command of [
      ['replicate', 'db'],
      ['drift', 'db'],
      ['fail-over', 'db', '--to', 'us', '--reason', 'x'],
    ])
      refused(await here.main(command), 2, /This secret has no followers/, /`followers:`/)
    expect((await here.ok(['replicate'])).stdout).toContain('No secret of this configuration has followers')
    expect(await here.json(['drift', '--fail-on-drift'])).toMatchObject({ code: 0, data: { drifted: 0, secrets: [] } })
  })
})

describe.skipIf(server === undefined)('fail-over', () => {
  test('nobody by that name, no reason, nobody at all: the nearest is named, and nothing is changed', async () => {
    const here = await begun()
    const before = await standing(here)
    refused(
      await here.main(failOver('su', '--reason', 'x')),
      2,
      /No member of orders-db is called su/,
      /Its members: eu, us, ap/,
    )
    refused(await here.main(failOver('uss', '--reason', 'x')), 2, /did you mean 'us'\?/)
    refused(await here.main(failOver('us')), 2, /needs --reason/, /--to us --dry-run/)
    refused(await here.main(['fail-over', 'orders-db', '--reason', 'x']), 2, /--to <member>' not specified/)
    refused(await here.main(['replicate', 'orders-db', '--force']), 2, /--reason/)
    refused(await here.main(['replicate', '--force', '--reason', 'x']), 2, /name of one secret/)
    expect(await standing(here)).toEqual(before)
  })

  test('to the one that leads already: what is left is finished, and the epoch stays', async () => {
    const here = await begun()
    lose(here, 'ap')
    await here.ok(failOver('us', '--reason', 'drill'))
    find(here, 'ap')
    const again = await here.main(failOver('us', '--reason', 'drill'))
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/led by us already[\s\S]*ap +in sync/) })
    expect(await standing(here)).toMatchObject({ leader: 'us', epoch: 2 })
    const dry = await here.json(failOver('us', '--dry-run'))
    expect(dry).toMatchObject({ code: 0, data: { already: true, epoch: 2 } })
  })

  test('of two operators at once one wins, and the other hears who', async () => {
    const here = await begun()
    lose(here, 'eu')
    const both = await Promise.all(['us', 'ap'].map(to => here.run([...failOver(to, '--reason', 'lost'), '--json'])))
    const codes = both.map(({ code }) => code).sort()
    const [first, second] = [...both].sort((a, b) => a.code - b.code)
    expect(codes[0], first!.stdout).toBe(0)
    const { leader, epoch } = await standing(here)
    if (codes[1] === 0) {
      // the second began when the first had ended: that is another fail-over
      expect(epoch).toBe(3)
      expect(parsed(both.find(({ stdout }) => parsed(stdout).epoch === 3)!.stdout).to).toBe(leader)
      return
    }
    expect({ leader, epoch }).toEqual({ leader: parsed(first!.stdout).to, epoch: 2 })
    expect(parsed(second!.stdout).error.code).toMatch(/^(not-leader|follower-behind)$/)
  })

  test('an unreachable register: every command that changes something stops, status still answers', async () => {
    const here = await begun()
    const before = await standing(here)
    const unlock = lockOut(here, 'epochs')
    for (const args of [
      failOver('us', '--reason', 'x'),
      ['rotate', 'orders-db', '--force'],
      ['retire', 'orders-db'],
      ['replicate', 'orders-db'],
      ['drift', 'orders-db'],
    ]) {
      const ran = await here.main(args)
      expect(ran.code, args.join(' ')).toBe(6)
      expect(ran.stdout + ran.stderr).toMatch(/The register of who leads \(`epochs:`\) cannot be used: /)
      expect(ran.stdout + ran.stderr).toMatch(/Mend the store that `epochs:` names/)
    }
    const status = await here.main(['status', 'orders-db'])
    expect(status.code).toBe(6)
    expect(status.stdout).toMatch(/unreadable: The register[\s\S]*current +v-[\s\S]*leader +not known/)
    expect((await here.json(['status'])).data.secrets[0]).toMatchObject({ condition: 'unreadable', leader: null })
    const checked = await here.main(['check', '--connect'])
    expect(checked.stdout).toMatch(/✖ The register of who leads/)
    unlock()
    expect(await standing(here)).toEqual(before)
  })

  test('a follower that cannot be read: said in status, and the others are brought up', async () => {
    const here = await begun({ followers: [{ store: 'us', required: false }, { store: 'ap' }] })
    const unlock = lockOut(here, 'us')
    expect((await here.json(['rotate', 'orders-db', '--force'])).data).toMatchObject({
      outcome: 'rotated',
      followers: [{ follower: 'us', standing: 'unknown', error: { code: 'store-corrupt' } }, { standing: 'in-sync' }],
    })
    const status = await here.main(['status'])
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('us ✖ not reached ap ✔') })
    expect((await here.main(['replicate'])).stdout).toMatch(
      /✖ orders-db: us does not show number 2 of eu[\s\S]*1 of 2 copies in sync/,
    )
    unlock()
    expect((await here.ok(['replicate'])).stdout).toContain('2 of 2 copies in sync, 1 written now')
  })
})

describe.skipIf(server === undefined)('status of many', () => {
  test('follows the flag, and visits a few followers unasked', async () => {
    const here = await begun()
    const marks = async (...more: string[]) => (await here.ok(['status', ...more])).stdout
    expect(await marks()).toContain('us ✔ ap ✔')
    expect(await marks('--no-followers')).toContain('2 (not visited)')
    expect((await here.json(['status', '--no-followers'])).data.secrets[0]).toMatchObject({
      leader: 'eu',
      followers: null,
    })
    const config = JSON.parse(here.read('lockstep.yml'))
    const one = config.secrets['orders-db']
    for (let n = 0; n < 12; n++)
      config.secrets[`more-${n}`] = { ...one, target: { ...one.target, endpoints: [{ host: `h${n}`, database: 'd' }] } }
    here.write('lockstep.yml', JSON.stringify(config))
    expect(await marks()).toMatch(/orders-db +\w+ .*2 \(not visited\)/)
    expect(await marks('--followers')).toContain('us ✔ ap ✔')
  })
})
