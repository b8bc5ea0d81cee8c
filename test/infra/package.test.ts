/**
 * `npm run package`: what it leaves, twice the same bytes, and in each zip exactly what its function needs.
 * Planted: the time of the run in the zip, the SDK of AWS in the bundle of Google, source maps beside a bundle, a configuration in the
 * zip of `rotate`: each failed here.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { configs } from './configs.ts'
import { clouds, type Ran, root, serviceFolder } from './service.ts'
import { unzip } from './unzip.ts'

interface Listed {
  readonly node: string
  readonly artefacts: readonly {
    readonly cloud: string
    readonly file: string
    readonly bytes: number
    readonly sha256: string
  }[]
}

const service = serviceFolder()
for (const cloud of clouds) writeFileSync(join(service.path, cloud, 'lockstep.yml'), configs[cloud])

let machines: Ran
let people: Ran
let seconds: number
beforeAll(async () => {
  const began = performance.now()
  machines = await service.packageAll(['--json', '--stage', 'prod'], { TZ: 'Asia/Tokyo', LOCKSTEP_MEMBER: 'own' })
  seconds = (performance.now() - began) / 1000
  people = await service.packageAll(['--stage', 'prod'], { TZ: 'America/New_York', LOCKSTEP_MEMBER: 'own' })
}, 600_000)

const listed = (): Listed => JSON.parse(machines.stdout) as Listed
const zipOf = (file: string) => unzip(readFileSync(join(service.path, file)))
/** Without the hash of a chunk, and of chunks but one. */
const kinds = (file: string): readonly string[] => [
  ...new Set(zipOf(file).map(({ name }) => name.replace(/^(\w+)-.*-[A-Z0-9]{8}\.mjs$/, '$1-*.mjs'))),
]

test('each cloud’s functions are told which member they act for', () => {
  const json = (file: string) => JSON.parse(readFileSync(join(service.path, 'dist', file), 'utf8'))
  const { Resources } = json('aws/template.json')
  const told = Object.entries<{ Properties: { Environment?: { Variables: Record<string, unknown> } } }>(Resources)
    .filter(([, { Properties }]) => Properties?.Environment?.Variables.LOCKSTEP_MEMBER === 'own')
    .map(([name]) => name)
  expect(told.toSorted()).toEqual(['OnEventLambdaFunction', 'SweepLambdaFunction', 'WorkerLambdaFunction'])
  expect(json('gcp/main.tf.json').module.lockstep.member).toBe('own')
  expect(json('azure/app.parameters.json').parameters.member.value).toBe('own')
})

test('it packages all three, for machines and for people', () => {
  expect([machines.code, people.code], machines.stderr + people.stderr).toEqual([0, 0])
  expect(listed().node).toBe(process.version)
  expect(listed().artefacts.map(({ file }) => file)).toEqual([
    'dist/aws/attach-rotation.yml',
    'dist/aws/on-event.zip',
    'dist/aws/rotate.zip',
    'dist/aws/sweep.zip',
    'dist/aws/template.json',
    'dist/aws/worker.zip',
    'dist/gcp/function.zip',
    ...readdirSync(join(root, 'infra/gcp'))
      .toSorted()
      .map(name => `dist/gcp/lockstep/${name}`),
    'dist/gcp/main.tf.json',
    'dist/azure/alarms.json',
    'dist/azure/alarms.parameters.json',
    'dist/azure/app.json',
    'dist/azure/app.parameters.json',
    'dist/azure/dashboard.json',
    'dist/azure/dashboard.parameters.json',
    'dist/azure/events.json',
    'dist/azure/events.parameters.json',
    'dist/azure/function.zip',
    'dist/azure/state.json',
    'dist/azure/state.parameters.json',
  ])
  const zips = listed().artefacts.filter(({ file }) => file.endsWith('.zip'))
  const shown = zips.map(({ file, bytes }) => `${file} ${Math.round(bytes / 1024)} KiB`)
  process.stderr.write(`package: all three in ${seconds.toFixed(1)} s; ${shown.join(', ')}\n`)
})

test('a second run, in another time zone, makes the same bytes', () => {
  const first = listed().artefacts.map(({ file, sha256 }) => `${sha256}  ${file}\n`)
  expect(people.stdout).toBe(first.join(''))
})

test('nothing is left in the folder but what is ignored by git', () => {
  expect(readdirSync(service.path).toSorted()).toEqual([
    '.serverless',
    'aws',
    'azure',
    'dist',
    'gcp',
    'infra',
    'serverless.yml',
  ])
  const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['.serverless/', 'dist/']))
})

describe('a zip holds exactly', () => {
  test.each([
    ['dist/aws/rotate.zip', ['rotate-*.mjs', 'rotate.mjs']],
    ['dist/aws/sweep.zip', ['fleet-*.mjs', 'lockstep.yml', 'sweep.mjs']],
    ['dist/aws/on-event.zip', ['fleet-*.mjs', 'lockstep.yml', 'on-event.mjs']],
    ['dist/aws/worker.zip', ['fleet-*.mjs', 'lockstep.yml', 'worker.mjs']],
    ['dist/gcp/function.zip', ['index-*.mjs', 'index.mjs', 'lockstep.yml', 'package.json']],
    ['dist/azure/function.zip', ['host.json', 'index-*.mjs', 'index.mjs', 'lockstep.yml', 'package.json']],
  ])('%s', (file, names) => {
    expect(kinds(file).toSorted()).toEqual(names)
    expect(listed().artefacts.find(artefact => artefact.file === file)!.bytes).toBeLessThan(5_000_000)
  })

  test.each(clouds)('the configuration of %s, as it was written', cloud => {
    const file = cloud === 'aws' ? 'dist/aws/worker.zip' : `dist/${cloud}/function.zip`
    const config = zipOf(file).find(({ name }) => name === 'lockstep.yml')
    expect(config!.content.toString()).toBe(configs[cloud])
  })

  test('entry points that the platforms are told of', () => {
    const pack = JSON.parse(
      zipOf('dist/gcp/function.zip')
        .find(({ name }) => name === 'package.json')!
        .content.toString(),
    )
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const framework = '@google-cloud/functions-framework'
    expect(pack).toMatchObject({ main: 'index.mjs', dependencies: { [framework]: devDependencies[framework] } })
    const azure = zipOf('dist/azure/function.zip')
      .find(({ name }) => name === 'package.json')!
      .content.toString()
    expect(JSON.parse(azure).main).toBe('index.mjs')
  })
})

/** What its own code cannot do without, and is in no other's: names in the SDKs' texts that no minifier changes. */
const marks = {
  aws: ['"@aws-sdk/client-secrets-manager', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', '@smithy/'],
  gcp: ['google.cloud.secretmanager.v1', 'google-gax', 'grpc-js'],
  azure: ['@azure/keyvault-secrets', 'azsdk-js', 'ManagedIdentityCredential'],
} as const

/** What the simulator and the suites of conformance say, and nothing else of ours. */
function ofTests(): readonly string[] {
  const read = (folder: string): string =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !(folder === 'core' && name.startsWith('testing')))
      .map(name => readFileSync(join(root, folder, name), 'utf8'))
      .join('\n')
  const published = ['core', ...clouds].map(read).join('\n')
  const said = [...read('core/testing').matchAll(/'([a-z][A-Za-z ,;:]{24,})'/g)].map(([, text]) => text!)
  return said.filter(text => text.includes(' ') && !published.includes(text))
}

describe.each([
  ['aws', 'dist/aws/rotate.zip'],
  ['aws', 'dist/aws/sweep.zip'],
  ['gcp', 'dist/gcp/function.zip'],
  ['azure', 'dist/azure/function.zip'],
] as const)('%s: %s', (own, file) => {
  let texts: readonly { readonly name: string; readonly text: string }[]
  beforeAll(() => {
    texts = zipOf(file).map(({ name, content }) => ({ name, text: content.toString('latin1') }))
  })
  const holding = (mark: string | RegExp) =>
    texts
      .filter(({ text }) => (typeof mark === 'string' ? text.includes(mark) : mark.test(text)))
      .map(({ name }) => name)

  test('holds the SDK of its own cloud, and of no other', () => {
    for (const cloud of clouds)
      for (const mark of marks[cloud])
        if (cloud === own) expect(holding(mark), mark).not.toEqual([])
        else expect(holding(mark), mark).toEqual([])
  })

  test('names no folder of this machine, and no source map', () => {
    expect(holding(root)).toEqual([])
    expect(holding(homedir() === '/root' ? '/root/' : homedir())).toEqual([])
    expect(holding('sourceMappingURL')).toEqual([])
  })

  test('holds no code of tests, and nothing that looks like a key', () => {
    const said = ofTests()
    expect(said.length).toBeGreaterThan(50)
    expect(said.filter(text => holding(text).length > 0)).toEqual([])
    expect(holding(/-----BEGIN [A-Z ]*PRIVATE KEY-----\\?n?[A-Za-z0-9+/]{20}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}/)).toEqual(
      [],
    )
  })
})

test('the package on npm holds none of it', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: readonly string[] }
  expect(files.filter(file => /infra|serverless|service\.yml|\.zip/.test(file))).toEqual([])
})
