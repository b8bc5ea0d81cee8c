/**
 * What a bundler makes of each entry point: nobody pays for, or is exposed to, what he did not ask for.
 * Planted: an import of `pg` in core/index.ts, and one of local in core, made these fail.
 */
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { manifest, packageOf, root } from './modules.ts'

const sourceOf = (name: string): string => {
  const entry = manifest.exports[name]!
  if (typeof entry === 'string') throw new Error(`${name} is no module`)
  return entry.default.replace('./dist/', '').replace(/\.js$/, '.ts')
}

/** What the entry loads at once: lazy imports become chunks of their own, and are not followed. */
async function bundled(name: string): Promise<{ packages: string[]; folders: string[]; bytes: number }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [sourceOf(name)],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    metafile: true,
    write: false,
    outdir: 'unused',
    logLevel: 'error',
    // Optional parts of `pg` that are not installed.
    external: ['pg-native', 'cloudflare:sockets'],
  })
  const outputs = Object.values(metafile.outputs)
  const main = outputs.find(({ entryPoint }) => entryPoint === sourceOf(name))!
  const chunks = new Set([main])
  for (const { imports } of chunks)
    for (const { path, kind } of imports)
      if (kind === 'import-statement' && metafile.outputs[path]) chunks.add(metafile.outputs[path])
  const inputs = [...chunks].flatMap(({ inputs: each }) => Object.keys(each))
  const inModules = (file: string) => file.includes('node_modules/')
  const unique = (values: string[]) => [...new Set(values)].sort()
  return {
    packages: unique(inputs.filter(inModules).map(file => packageOf(file.replace(/^.*node_modules\//, '')))),
    folders: unique(inputs.filter(file => !inModules(file)).map(file => file.split('/').slice(0, -1).join('/'))),
    bytes: [...chunks].reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

const cases: Readonly<Record<string, { packages: string[]; never: RegExp; bytes: number }>> = {
  '.': { packages: ['croner'], never: /^(local|cli)|core\/(targets|testing|config)/, bytes: 130_000 },
  './aws': {
    packages: [],
    never: /^(local|cli|aws\/drop-in)|core\/(targets|testing|config)/,
    bytes: 45_000,
  },
  './azure': { packages: [], never: /^(local|cli|aws|gcp)|core\/(targets|testing|config)/, bytes: 45_000 },
  './client': {
    packages: [],
    never: /^(local|cli|aws|gcp|azure)|core\/(audit|config|fleet|functions|ledger|policy|rotation|targets|testing)/,
    bytes: 25_000,
  },
  './config': {
    packages: ['croner', 'fastest-levenshtein', 'yaml', 'zod'],
    never: /^(local|cli)|core\/(targets|testing|rotation)/,
    bytes: 800_000,
  },
  './gcp': { packages: [], never: /^(local|cli|aws|azure)|core\/(targets|testing|config)/, bytes: 40_000 },
  './local': { packages: [], never: /^cli|core\/(targets|testing|config|rotation)/, bytes: 40_000 },
  './mariadb': { packages: [], never: /^(local|cli)|core\/(testing|config|rotation)/, bytes: 100_000 },
  './mongodb': {
    packages: ['@mongodb-js/saslprep', 'memory-pager', 'sparse-bitfield'],
    never: /^(local|cli)|core\/(testing|config|rotation)/,
    bytes: 400_000,
  },
  './mysql': { packages: [], never: /^(local|cli)|core\/(testing|config|rotation)/, bytes: 100_000 },
  './oracle': { packages: [], never: /^(local|cli)|core\/(testing|config|rotation)/, bytes: 100_000 },
  './postgres': {
    packages: ['@mongodb-js/saslprep', 'memory-pager', 'sparse-bitfield'],
    never: /^(local|cli)|core\/(testing|config|rotation)/,
    bytes: 400_000,
  },
  './redis': { packages: [], never: /^(local|cli)|core\/(testing|config|rotation)/, bytes: 100_000 },
  './sqlserver': { packages: [], never: /^(local|cli)|core\/(testing|config|rotation)/, bytes: 100_000 },
  './testing': { packages: ['croner'], never: /^(local|cli)|core\/(targets|config)/, bytes: 200_000 },
}

describe('each entry point, bundled, holds only its own', () => {
  test('every one has its case', () => {
    const modules = Object.keys(manifest.exports).filter(name => !name.endsWith('.json'))
    expect(modules.sort()).toEqual(Object.keys(cases).sort())
  })

  test.each(Object.entries(cases))('%s', async (name, { packages, never, bytes }) => {
    const bundle = await bundled(name)
    expect(bundle.packages).toEqual(packages)
    expect(bundle.folders.filter(folder => never.test(folder))).toEqual([])
    expect(bundle.bytes).toBeLessThan(bytes)
  })
})
