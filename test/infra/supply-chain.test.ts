/**
 * What `npm run package` says of its own artefacts: every file has a checksum, a changed byte is seen, the signature is of the list, and
 * the bills of materials name what is in the zips and nothing else.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, verify } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sha256 } from '../../scripts/builds.ts'
import { blocksOf, linesOf } from '../docs/blocks.ts'
import { clouds, root, serviceFolder } from './service.ts'
import { unzip } from './unzip.ts'

const service = serviceFolder({ config: 'version: 1\nstores: {}\nsecrets: {}\n' })
const dist = join(service.path, 'dist')
const read = (name: string) => readFileSync(join(dist, name))
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const keyFile = join(service.path, 'key.pem')
writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
writeFileSync(join(service.path, 'lockstep.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }))

const left = () =>
  readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(dist, name)).isFile())
    .toSorted()
const snapshot = () => new Map(left().map(name => [name, sha256(read(name))]))
/** As a reader of the list does it, apart from the writer. */
const listed = () =>
  new Map(
    read('SHA256SUMS')
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(66), line.slice(0, 64)]),
  )

let signed: ReadonlyMap<string, string>
let again: ReadonlyMap<string, string>
beforeAll(async () => {
  // of an earlier run with a key
  mkdirSync(dist)
  writeFileSync(join(dist, 'SHA256SUMS.sig'), 'stale')
  const plain = await service.packageAll(['--stage', 'prod'], { TZ: 'Asia/Tokyo' })
  expect(plain.code, plain.stderr).toBe(0)
  again = snapshot()
  const run = await service.packageAll(['--stage', 'prod'], { LOCKSTEP_SIGNING_KEY: keyFile, TZ: 'America/New_York' })
  expect(run.code, run.stderr).toBe(0)
  signed = snapshot()
}, 900_000)

describe('SHA256SUMS', () => {
  test('names every file and its checksum, and a second run writes the same bytes', () => {
    expect(new Map([...listed()].toSorted())).toEqual(
      new Map([...signed].filter(([name]) => !name.startsWith('SHA256SUMS'))),
    )
    expect(listed().size).toBeGreaterThan(20)
    expect(again.has('SHA256SUMS.sig')).toBe(false)
    expect(new Map([...signed].filter(([name]) => name !== 'SHA256SUMS.sig'))).toEqual(again)
  })

  const check = () =>
    spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: dist, encoding: 'utf8' })
  test.skipIf(spawnSync('sha256sum', ['--version']).error)('a byte that is changed is seen, in each file', () => {
    expect(check()).toMatchObject({ status: 0, stdout: '' })
    for (const name of listed().keys()) {
      const content = read(name)
      const changed = Buffer.from(content)
      changed[Math.floor(changed.length / 2)]! ^= 1
      writeFileSync(join(dist, name), changed)
      expect(check()).toMatchObject({ status: 1, stdout: `${name}: FAILED\n` })
      writeFileSync(join(dist, name), content)
    }
    expect(check().status).toBe(0)
  })
})

describe('the comparison in .github/workflows/deploy.yml', () => {
  const { steps } = parse(readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8')).jobs.deploy as {
    steps: readonly { readonly name?: string; readonly run?: string }[]
  }
  const script = steps
    .find(({ name }) => name === 'Package again, and compare')!
    .run!.replace(/^npx serverless package .*\n/, '')
  const compare = (CLOUD: string) =>
    spawnSync('bash', ['-e', '-c', script], { cwd: service.path, encoding: 'utf8', env: { ...process.env, CLOUD } })

  test.skipIf(spawnSync('sha256sum', ['--version']).error)('stops a zip of that cloud that is another', () => {
    cpSync(join(dist, 'SHA256SUMS'), join(service.path, 'approved/SHA256SUMS'))
    expect(compare('aws').stdout.match(/^aws\/[\w-]+\.zip: OK$/gm)).toHaveLength(4)
    const content = read('azure/function.zip')
    writeFileSync(join(dist, 'azure/function.zip'), Buffer.concat([content, Buffer.from('x')]))
    expect([compare('aws').status, compare('gcp').status, compare('azure').status]).toEqual([0, 0, 1])
    writeFileSync(join(dist, 'azure/function.zip'), content)
    // nothing to compare is no success
    expect(compare('oracle').status).toBe(1)
  })
})

describe('SHA256SUMS.sig', () => {
  test('is the signature of the list, and of no other', () => {
    const sums = read('SHA256SUMS')
    expect(verify(null, sums, publicKey, read('SHA256SUMS.sig'))).toBe(true)
    sums[0]! ^= 1
    expect(verify(null, sums, publicKey, read('SHA256SUMS.sig'))).toBe(false)
  })

  const [commands] = blocksOf('docs/supply-chain.md').filter(({ kind, more }) => kind === 'sh' && more === 'verify')
  test.skipIf(spawnSync('openssl', ['version']).error)(
    'the commands of the page verify it, and refuse another list',
    () => {
      const lines = linesOf(commands!).map(({ command }) => command)
      expect(lines).toHaveLength(2)
      const run = () => lines.map(line => spawnSync('sh', ['-c', line], { cwd: service.path, encoding: 'utf8' }).status)
      expect(run()).toEqual([0, 0])
      const sums = read('SHA256SUMS')
      writeFileSync(
        join(dist, 'SHA256SUMS'),
        sums.toString().replace(/^./, first => (first === '0' ? '1' : '0')),
      )
      expect(run()).toEqual([1, 1])
      writeFileSync(join(dist, 'SHA256SUMS'), sums)
    },
  )

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  test.each([
    ['no file', undefined, 'names no file with an unencrypted private key in PEM'],
    ['no key', 'correct horse battery', 'names no file with an unencrypted private key in PEM'],
    ['a key of another kind', rsa.export({ type: 'pkcs8', format: 'pem' }) as string, 'is not Ed25519'],
  ])('a key that is %s is refused before anything is packaged, and not shown', async (_, content, says) => {
    const file = join(service.path, 'refused.pem')
    if (content !== undefined) writeFileSync(file, content)
    const other = serviceFolder()
    const { code, stdout, stderr } = await other.packageAll([], { LOCKSTEP_SIGNING_KEY: file })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    if (content !== undefined) expect(stderr).not.toContain(content.split('\n')[1] ?? content)
    expect(existsSync(join(other.path, 'dist'))).toBe(false)
  })
})

const library = createRequire(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-npm'))(
  '@cyclonedx/cyclonedx-library',
)

interface Bom {
  readonly serialNumber?: string
  readonly metadata: { readonly timestamp?: string }
  readonly components: readonly {
    readonly group?: string
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly properties: readonly { readonly name: string; readonly value: string }[]
  }[]
}
const bomOf = (cloud: string): Bom => JSON.parse(read(`sbom/${cloud}.cdx.json`).toString())
const nameOf = ({ group, name }: Bom['components'][number]) => (group ? `${group}/${name}` : name)

/** In the texts of the bundles, whatever a minifier does: what each of these packages alone says. */
const marks = {
  pg: 'pg_hba.conf|SASL: Only mechanism',
  mysql2: 'mysql_native_password',
  '@redis/client': 'Socket closed unexpectedly',
  zod: 'invalid_union',
  '@aws-sdk/client-secrets-manager': '"@aws-sdk/client-secrets-manager',
  '@google-cloud/secret-manager': 'google.cloud.secretmanager.v1',
  '@azure/keyvault-secrets': '@azure/keyvault-secrets',
} as const

describe.each(clouds)('the bill of materials of %s', cloud => {
  test('is a valid document, without a time and a number of its own', async () => {
    const text = read(`sbom/${cloud}.cdx.json`).toString()
    expect(await new library.Validation.JsonStrictValidator(library.Spec.Version.v1dot6).validate(text)).toBeNull()
    expect([bomOf(cloud).serialNumber, bomOf(cloud).metadata.timestamp]).toEqual([undefined, undefined])
  })

  test('names each package once a version, with the version that is installed here', () => {
    const { components } = bomOf(cloud)
    expect(new Set(components.map(({ purl }) => purl)).size).toBe(components.length)
    const installed = Object.entries(
      JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages as Record<string, { version: string }>,
    ).map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`)
    for (const component of components) expect(installed).toContain(`${nameOf(component)}@${component.version}`)
  })

  test('names a package if, and only if, its text is in a zip; and the zips that it is in', () => {
    const zips = left().filter(name => name.startsWith(cloud) && name.endsWith('.zip'))
    for (const [name, mark] of Object.entries(marks)) {
      const holding = zips.filter(zip =>
        unzip(read(zip)).some(({ content }) => new RegExp(mark).test(content.toString('latin1'))),
      )
      const component = bomOf(cloud).components.find(each => nameOf(each) === name)
      const said = component?.properties.filter(each => each.name === 'lockstep:zip').map(({ value }) => value)
      expect(said ?? [], name).toEqual(holding)
    }
  })

  test('names no tool of the build', () => {
    const names = bomOf(cloud).components.map(nameOf)
    expect(names.length).toBeGreaterThan(30)
    expect(names.filter(name => /vitest|esbuild|typescript|biome|cyclonedx|^serverless|osls/.test(name))).toEqual([])
  })
})

test('the bill of the package on npm, by the command of the page: what is installed with it, and no tool', () => {
  const [{ text } = { text: '' }] = blocksOf('docs/supply-chain.md').filter(({ more }) => more === 'npm')
  const [, ...args] = text.trim().split(' ')
  const tool = join(root, 'node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js')
  const out = args.slice(1).map(word => (word === 'npm.cdx.json' ? '-' : word))
  const { components } = JSON.parse(
    execFileSync(process.execPath, [tool, ...out], { cwd: root, encoding: 'utf8' }),
  ) as Bom
  const names = components.map(nameOf)
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)))
  expect(names.filter(name => /vitest|esbuild|typescript|biome/.test(name))).toEqual([])
}, 300_000)
