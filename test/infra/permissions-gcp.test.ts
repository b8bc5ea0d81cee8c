/**
 * What the functions on Google Cloud are granted is what they use: the drill runs on nothing else, over the fake of Secret Manager [fake],
 * and misses each single one that is taken away.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { gcpGrants, gcpNotes, gcpProblem, table } from '../../infra/permissions/gcp.ts'
import { gcpCalls } from '../../infra/permissions/gcp-calls.ts'
import { configs } from './configs.ts'
import { configOf, secretText } from './permissions-drill.ts'
import { config, GcpDrill, PROJECT, type Single, singlesOf } from './permissions-gcp-place.ts'
import { serviceFolder } from './service.ts'

const slow = 120_000
const grants = gcpGrants(config, PROJECT)
const singles = singlesOf(grants)
const nameOf = ({ permission, name = 'the project' }: Single) => `${permission} on ${name}`

/** What no fake drives, and why. */
const notDriven: Readonly<Record<string, string>> = {
  'run.services.get': 'over a stub of Cloud Run, which knows no grants: test/gcp/hooks.test.ts',
  'run.services.update': 'the same',
  'cloudsql.instances.login': 'the server of Cloud SQL asks for it, and there is no fake of one',
  'pubsub.topics.publish': 'over a stub of Pub/Sub, which knows no grants: test/gcp/queue.test.ts',
  'secretmanager.secrets.list':
    'a listing that is refused costs calls, no more (core/fleet/hints.ts); when it is granted: below',
}

/** What ends well without: only the state of the versions tells. */
const kept = ['secretmanager.versions.disable', 'secretmanager.versions.destroy']

let whole: GcpDrill
beforeAll(async () => {
  whole = await new GcpDrill(singles).live()
}, slow)

describe('what is granted', () => {
  test('is enough for all that the functions do', () => {
    expect(whole.refused).toEqual([])
    const failed = whole.lines.filter(line => /access-denied|secret-not-found|500|"failed":[1-9]/.test(line))
    expect(failed).toEqual([])
  })

  test('and not for a secret that nobody declared', async () => {
    const { service } = whole.fake
    expect(service.peek('nobodys').versions.size).toBe(1)
    const client = whole.fake.inProcessClient()
    await expect(client.getSecret({ name: `projects/${PROJECT}/secrets/nobodys` })).rejects.toMatchObject({ code: 7 })
    await expect(client.getSecret({ name: `projects/${PROJECT}/secrets/plain-db-other` })).rejects.toMatchObject({
      code: 7,
    })
    await client.close()
  })

  test.each(singles.map(single => [nameOf(single), single] as const))(
    'is missed: %s',
    async (_, single) => {
      const drill = await new GcpDrill(singles.filter(other => other !== single)).live()
      expect(drill.refused.length).toBeGreaterThan(0)
      expect(drill.lines).not.toEqual(whole.lines)
      const steps = (lines: readonly string[]) =>
        lines.filter(line => line.includes(': ') && !/ENABLED|DISABLED/.test(line))
      if (!kept.includes(single.permission)) expect(steps(drill.lines)).not.toEqual(steps(whole.lines))
    },
    slow,
  )

  test('each line of the table is driven, or says why not', () => {
    const driven = new Set(singles.map(({ permission }) => permission))
    const missing = table.map(({ action }) => action).filter(action => !driven.has(action) && !notDriven[action])
    expect(missing).toEqual([])
    const listed = new Set(table.map(({ action }) => action))
    expect(Object.keys(notDriven).filter(action => driven.has(action) || !listed.has(action))).toEqual([])
    expect(gcpCalls.length + 1).toBe(table.length)
  })
})

describe('by the configuration', () => {
  const stores = (more = '') =>
    `{ own: { kind: gcp, project: ${PROJECT}, readBy: { alias: current } }, other: { kind: gcp, project: other-project, readBy: latest }${more} }`
  const made = (secrets: string, more?: string) => gcpGrants(configOf(stores(more), '{ store: own }', secrets), PROJECT)
  const admin = '{ id: admin-db, store: own }'
  const many = (count: number, store = 'own') =>
    Array.from({ length: count }, (_, n) => secretText(`s${n}`, store, admin)).join('')

  test('ten secrets are looked at one by one; of eleven the store is listed', () => {
    expect(made(many(10)).roles).not.toHaveProperty(`${PROJECT}/lists`)
    expect(made(many(11)).roles[`${PROJECT}/lists`]!.permissions).toEqual(['secretmanager.secrets.list'])
  })

  test('nothing that Lockstep makes: no secret may be made', () => {
    expect(made(many(1)).roles).not.toHaveProperty(`${PROJECT}/makes`)
  })

  test('a follower may have to be made, also where nothing is read as latest', () => {
    const storeOf = (name: string) => `, ${name}: { kind: gcp, project: ${name}-project, readBy: { alias: current } }`
    const { roles } = made(
      secretText('app', 'far', admin, ', followers: [{ store: near }]'),
      storeOf('far') + storeOf('near'),
    )
    expect(roles['near-project/makes']!.permissions).toEqual(['secretmanager.secrets.create'])
  })

  test('a secret of another project is granted there, and the deployer is told', () => {
    const config = configOf(stores(), '{ store: own }', secretText('away', 'other', admin))
    const granted = gcpGrants(config, PROJECT)
    expect(granted.roles['other-project/rotates_latest']).toMatchObject({ project: 'other-project' })
    expect(granted.bindings['other-project/waits/0']!.names).toEqual(['secrets/away-db-lockstep-pending'])
    expect(gcpNotes(config, granted, PROJECT)).toEqual([expect.stringContaining('in the project other-project too')])
    expect(gcpNotes(config, granted, undefined)).toEqual([])
  })

  test('a condition has six names at most, and 121 secrets are too many', () => {
    const granted = made(many(120))
    const sizes = Object.values(granted.bindings).map(({ names }) => names.length)
    expect(Math.max(...sizes)).toBe(6)
    expect(gcpProblem(granted)).toBeUndefined()
    expect(gcpProblem(made(many(121)))).toMatch(/^More than 120 secrets of the project test-project/)
  })

  test('hooks, logins by a token, and keys of webhooks', () => {
    const run = '{ kind: cloud-run, project: run-project, location: europe-west1, service: orders }'
    const web = '{ kind: webhook, url: "https://deploy.example/x", key: { store: own, id: hook-key } }'
    const consumers = `, consumers: [{ name: a, kind: other, refresh: 1m, hook: ${run} }, { name: b, kind: other, refresh: 1m, hook: ${web} }]`
    const config = configOf(
      stores(),
      '{ store: own }',
      secretText('app', 'own', '{ token: cloud-sql-iam, user: rotator }', consumers),
    )
    const granted = gcpGrants(config, PROJECT)
    expect(granted.services).toEqual({
      'run-project/europe-west1/orders': { role: 'run-project/restarts', location: 'europe-west1', service: 'orders' },
    })
    expect(granted.roles['run-project/restarts']!.permissions).toEqual(['run.services.get', 'run.services.update'])
    expect(granted.bindings[`${PROJECT}/logs_in/0`]).toEqual({ role: `${PROJECT}/logs_in`, names: [] })
    expect(granted.bindings[`${PROJECT}/reads/0`]!.names).toEqual(['secrets/hook-key'])
    expect(gcpNotes(config, granted, PROJECT).join('\n')).toContain('roles/iam.serviceAccountUser')
  })

  test('a store that is reached as somebody else is granted nothing', () => {
    const more = `, far: { kind: gcp, project: far-project, readBy: latest, signIn: { from: aws, provider: "projects/123456789012/locations/global/workloadIdentityPools/pool/providers/aws-provider" } }`
    const text = () => made(secretText('app', 'far', admin), more)
    expect(Object.values(text().roles).map(({ project }) => project)).not.toContain('far-project')
  })
})

describe('packaged', () => {
  const service = serviceFolder()
  const packaged = async (env: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await service.serverless(['package'], { CLOUD: 'gcp', ...env })
    expect(code, stdout + stderr).toBe(0)
    const { module } = JSON.parse(readFileSync(join(service.path, 'dist/gcp/main.tf.json'), 'utf8'))
    return { grants: module.lockstep.grants as object | undefined, said: stdout + stderr }
  }

  test('without a configuration the module is given no grants; with one, what it needs', async () => {
    expect((await packaged()).grants).toBeUndefined()
    writeFileSync(join(service.path, 'gcp/lockstep.yml'), configs.gcp)
    const { grants } = await packaged({ GCP_PROJECT: 'my-project' })
    expect(grants).toMatchObject({
      roles: { 'my-project/rotates': { project: 'my-project', role: 'rotates' } },
      bindings: { 'my-project/rotates/0': { role: 'my-project/rotates', names: ['secrets/orders-db'] } },
      services: {},
    })
  }, 240_000)

  test('another project than that of the functions is said before anything is made', async () => {
    const { said } = await packaged({ GCP_PROJECT: 'functions-project' })
    expect(said).toContain('Roles and grants are made in the project my-project too')
  }, 240_000)
})
