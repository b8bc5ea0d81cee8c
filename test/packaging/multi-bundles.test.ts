/**
 * What a function holds of other clouds: nothing, or, in the bundle that reaches every cloud, their SDKs as chunks that are loaded when a
 * store of theirs is opened. Planted: an import of another adapter in a handler, stores of other clouds imported at the start, the single
 * bundle told to reach every cloud: each failed here.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { buildMulti, multiPlatforms } from '../../scripts/build-multi.ts'
import { doneWithout } from '../../scripts/drivers.ts'
import { root } from './modules.ts'

const sdks = {
  aws: /^(@aws-sdk|@smithy)\//,
  gcp: /^(@google-cloud|@grpc)\/|^google-(gax|auth-library)$/,
  azure: /^@azure(-rest)?\//,
} as const
const clouds = ['aws', 'gcp', 'azure'] as const
const others = (own: string) => clouds.filter(cloud => cloud !== own)

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-multi-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bundles = new Map(
  await Promise.all(
    multiPlatforms.map(async cloud => [cloud, await buildMulti(cloud, path.join(folder, cloud))] as const),
  ),
)

describe('a bundle of one cloud', () => {
  const entries = {
    aws: ['aws/handler.ts', 'aws/sweep.ts', 'aws/on-event.ts', 'aws/worker.ts'],
    gcp: ['gcp/handler.ts'],
    azure: ['azure/handler.ts'],
  }

  test.each(clouds)('%s: names no package and no source of another one, in no chunk', async own => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: entries[own],
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      metafile: true,
      write: false,
      outdir: 'unused',
      logLevel: 'silent',
    })
    const named = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path: to }) => to))
    const foreign = others(own).map(other => sdks[other])
    expect(named.filter(name => sdks[own].test(name)).length).toBeGreaterThan(0)
    expect(named.filter(name => foreign.some(sdk => sdk.test(name)))).toEqual([])
    const strange = new RegExp(`^(cli|functions|${others(own).join('|')})/`)
    expect(Object.keys(metafile.inputs).filter(file => strange.test(file))).toEqual([])
  })
})

describe('a bundle of every cloud', () => {
  test.each(clouds)('%s: holds the SDKs of all, those of others apart from what starts', own => {
    const { files } = bundles.get(own)!
    const held = (when: string) => files.filter(file => file.when === when).flatMap(({ packages }) => packages)
    for (const other of others(own)) {
      expect(held('start').filter(name => sdks[other].test(name))).toEqual([])
      expect(held('later').some(name => sdks[other].test(name))).toBe(true)
    }
  })

  test.each([
    ['aws', []],
    ['gcp', ['@google-cloud/functions-framework']],
    ['azure', ['@azure/functions-core']],
  ] as const)('%s: imports nothing that is not in it, but for what the platform brings', (own, brought) => {
    const { absent, bytes } = bundles.get(own)!
    expect(absent.filter(name => !doneWithout.includes(name))).toEqual(brought)
    expect(bytes).toBeLessThan(10_000_000)
  })

  test.each(clouds)('%s: is what its folder holds, all of it', own => {
    const { files, folder: place } = bundles.get(own)!
    expect(readdirSync(place).sort()).toEqual(files.map(({ name }) => name).sort())
  })

  test('signs in to the others with a token of its own cloud: libraries that the source looks for are in it', () => {
    const { folder: place, entries } = bundles.get('aws')!
    const provider = 'projects/123456789012/locations/global/workloadIdentityPools/lockstep/providers/aws-account'
    const google = `{ kind: gcp, project: my-project, readBy: latest, signIn: { from: aws, audience: a, provider: ${provider} } }`
    const tenant = '00000000-0000-4000-8000-000000000001'
    const microsoft = `{ kind: azure, vault: 'https://my-kv.vault.azure.net', journal: { url: 'https://acct.blob.core.windows.net', container: lockstep }, signIn: { from: aws, audience: a, tenant: ${tenant}, client: ${tenant} } }`
    const target = 'target: { kind: module, module: ./t.mjs }'
    const text = `version: 1
stores: { google: ${google}, microsoft: ${microsoft} }
audit: [{ kind: stdout }]
secrets:
  one: { store: google, strategy: single-user, ${target} }
  two: { store: microsoft, strategy: single-user, ${target} }
`
    writeFileSync(path.join(place, 'lockstep.yml'), text)
    const program = `
      const { handler } = await import(${JSON.stringify(entries[0])})
      const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 }
      const event = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2030-01-01T03:00:00Z', detail: {} }
      await handler(event, context).catch(() => {})`
    // which AWS would not sign anything for: so it is said who has asked it, and nothing leaves this machine
    const key = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'none' }
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env.PATH!, AWS_REGION: 'eu-central-1', ...key },
    })
    for (const cloud of ['Google Cloud', 'Azure'])
      expect(said).toContain(
        `Sign-in to ${cloud}: AWS gave no token: the credentials of this process are a stored access key`,
      )
    expect(said).not.toMatch(/Cannot find|driver-missing|config-invalid/)
  }, 60_000)
})
