/**
 * The bill of materials against builds of its own: exactly the packages whose sources are in the bundle, found by the bytes of the zip.
 * Planted: an import more, a package of which nothing is left, a bundle that was changed after its build, an order of its own.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { zip } from '../../infra/serverless/zip.ts'
import { recordBuild, recordedBuilds } from '../../scripts/builds.ts'
import { packagesOf, sbom } from '../../scripts/sbom.ts'
import { entriesOf } from '../../scripts/unzip.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'lockstep-sbom-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

/** The packages of a bundle of this source, as `npm run package` finds them. */
async function packagesIn(source: string, changed = (content: Buffer): Buffer => content) {
  const records = mkdtempSync(join(folder, 'builds-'))
  vi.stubEnv('LOCKSTEP_BUILDS', records)
  const outfile = join(mkdtempSync(join(folder, 'out-')), 'index.mjs')
  const { metafile } = await build({
    stdin: { contents: source, resolveDir: root },
    absWorkingDir: root,
    outfile,
    bundle: true,
    metafile: true,
    minify: true,
    platform: 'node',
    format: 'esm',
  })
  recordBuild(metafile)
  const packed = zip(new Map([['index.mjs', changed(readFileSync(outfile))]]))
  return packagesOf([{ file: 'function.zip', entries: entriesOf(packed) }], recordedBuilds(records))
}

const version = (name: string): string =>
  JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
const id = (name: string): string => `${name}@${version(name)}`

test('exactly the packages of the bundle; an import more is a package more', async () => {
  const one = await packagesIn(`import { Cron } from 'croner'; console.log(new Cron('* * * * *'))`)
  expect([...one.keys()]).toEqual([id('croner')])
  const two = await packagesIn(`import { Cron } from 'croner'; import * as yaml from 'yaml'; console.log(Cron, yaml)`)
  expect([...two.keys()].toSorted()).toEqual([id('croner'), id('yaml')])
  const scoped = await packagesIn(`import { trace } from '@opentelemetry/api'; console.log(trace)`)
  expect([...scoped.keys()]).toEqual([id('@opentelemetry/api')])
})

test('what is imported and left out of the bundle is not in the bill', async () => {
  const left = await packagesIn(`import '@azure/core-auth'; console.log(1)`)
  expect([...left.keys()].filter(name => name.startsWith('@azure/core-auth'))).toEqual([])
})

test('a bundle that no build has written is refused, whatever it holds', async () => {
  const source = `import { Cron } from 'croner'; console.log(Cron)`
  const changed = packagesIn(source, content => Buffer.concat([content, Buffer.from('\n')]))
  await expect(changed).rejects.toThrow('function.zip: index.mjs is from no build that is on record')
})

test('a build that nobody asked about leaves nothing', () => {
  vi.stubEnv('LOCKSTEP_BUILDS', undefined)
  expect(() => recordBuild({ inputs: {}, outputs: { 'no/such/file': { inputs: {} } as never } })).not.toThrow()
})

test('the order in which packages are found is no part of the document', async () => {
  const packages = [
    ...(await packagesIn(`import 'yaml'; import { Cron } from 'croner'; import y from 'yaml'; console.log(Cron, y)`)),
  ]
  expect(packages).toHaveLength(2)
  expect(sbom('aws', new Map(packages))).toBe(sbom('aws', new Map(packages.toReversed())))
})

test('a time only if it is given, and a scope with its sign as an address wants it', async () => {
  const packages = await packagesIn(`import { trace } from '@opentelemetry/api'; console.log(trace)`)
  const plain = JSON.parse(sbom('gcp', packages))
  expect(plain.metadata.timestamp).toBeUndefined()
  expect(plain.components[0].purl).toBe(`pkg:npm/%40opentelemetry/api@${version('@opentelemetry/api')}`)
  expect(plain.dependencies.find((each: { ref: string }) => each.ref.startsWith('lockstep')).dependsOn).toEqual([
    id('@opentelemetry/api'),
  ])
  expect(JSON.parse(sbom('gcp', packages, '1700000000')).metadata.timestamp).toBe('2023-11-14T22:13:20.000Z')
  expect(() => sbom('gcp', packages, 'yesterday')).toThrow('SOURCE_DATE_EPOCH is not a number of seconds')
})
