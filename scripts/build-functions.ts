/**
 * The bundles of the functions on Google Cloud and Azure: `index.mjs` and the chunks that it loads when it needs them. The SDKs and
 * drivers are in them; what the platform brings is not.
 *
 * Google's client is in the bundle, over gRPC. Processor time until a client is ready, without that of Node.js itself: bundled over
 * gRPC 246 ms, bundled over REST 200 ms, from `node_modules` (71 packages, 31 MB) 271 ms; loading alone 169, 169 and 182 ms. REST
 * would save 46 ms and 12 MiB once a process, and be another dialect of errors and another handling of broken connections than
 * those that the store is tested over.
 * @module
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { recordBuild } from './builds.ts'
import { notBundled, optionalParts } from './drivers.ts'

const root = resolve(import.meta.dirname, '..')

export const platforms = {
  gcp: {
    entry: 'gcp/handler.ts',
    // bundled, it would be a second registry, in which the running framework finds no function
    brought: ['@google-cloud/functions-framework'],
  },
  azure: {
    entry: 'azure/handler.ts',
    // exists inside the host only
    brought: ['@azure/functions-core'],
  },
} as const
export type Platform = keyof typeof platforms

export interface FunctionBundle {
  readonly entry: string
  /** Packages that it imports, and that are not in it. */
  readonly absent: readonly string[]
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly when: 'start' | 'later' }[]
  readonly bytes: number
}

/** Parts of CommonJS packages look for these. */
export const COMMONJS = `
import{createRequire as lockstepRequire}from'node:module';
const require=lockstepRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;`

/** Writes `index.mjs` and its chunks into `folder`, replacing those of an earlier build and nothing else. */
export async function buildFunctions(platform: Platform, folder: string): Promise<FunctionBundle> {
  const { entry, brought } = platforms[platform]
  const earlier = existsSync(folder) ? readdirSync(folder).filter(file => /^index(-.*)?\.mjs$/.test(file)) : []
  for (const file of earlier) rmSync(join(folder, file))
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    legalComments: 'none',
    platform: 'node',
    // the oldest runtime of both that we support
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'index-[name]-[hash]',
    mainFields: ['module', 'main'],
    banner: { js: COMMONJS.replaceAll('\n', '') },
    external: [...brought, ...notBundled, ...optionalParts],
    plugins: [english, namedExports, ownGax, otherCloud],
    logLevel: 'error',
  })
  recordBuild(metafile)
  return described(metafile, folder)
}

/** Messages of the schema are our own; the library's in fifty languages would be a third of what is loaded at the start. */
export const english: Plugin = {
  name: 'english',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js'`,
      resolveDir: join(root, 'node_modules/zod/v4/locales'),
    }))
  },
}

/** MongoDB's driver looks for it, to log in with the role of a machine of AWS: it would bring the SDK of another cloud along. */
const otherCloud: Plugin = {
  name: 'other-cloud',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/credential-providers$/ }, ({ path }) => ({ path, namespace: 'other-cloud' }))
    onLoad({ filter: /.*/, namespace: 'other-cloud' }, ({ path }) => ({
      contents: `throw new Error('${path} is not in this bundle.')`,
      loader: 'js',
    }))
  },
}

/** Packages in CommonJS that are loaded by `import()`, and what our sources use of them: a chunk would only have them as its default. */
const used: Readonly<Record<string, string>> = {
  '@google-cloud/secret-manager': 'SecretManagerServiceClient',
  '@google-cloud/pubsub': 'PubSub, v1',
}

export const namedExports: Plugin = {
  name: 'named-exports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(used).join('|')})$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'named-exports' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'named-exports' }, ({ path }) => ({
      contents: `export { ${used[path]} } from '${path}'`,
      resolveDir: root,
    }))
  },
}

const OWN_GAX = /(?:\w+\.)?createRequire\(import\.meta\.resolve\('@google-cloud\/secret-manager'\)\)\('google-gax'\)/

/** The client's own copy of a library, which our source looks for where the client is installed, is the one that is bundled with it. */
export const ownGax: Plugin = {
  name: 'own-gax',
  setup({ onLoad, onResolve, resolve: resolved }) {
    onLoad({ filter: /[\\/]gcp[\\/]client\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      if (!OWN_GAX.test(source)) throw new Error(`${path} does not look for the client's own google-gax as before`)
      return { contents: source.replace(OWN_GAX, `require('lockstep:own-gax')`), loader: 'ts' }
    })
    onResolve({ filter: /^lockstep:own-gax$/ }, () =>
      resolved('google-gax', {
        kind: 'require-call',
        resolveDir: join(root, 'node_modules/@google-cloud/secret-manager'),
      }),
    )
  },
}

function described({ outputs }: Metafile, folder: string): FunctionBundle {
  const start = new Set(Object.keys(outputs).filter(path => basename(path) === 'index.mjs'))
  for (const path of start)
    for (const { path: imported, kind } of outputs[path]!.imports)
      if (kind === 'import-statement' && outputs[imported]) start.add(imported)
  const files = Object.entries(outputs).map(([path, { bytes }]) => {
    return { name: basename(path), bytes, when: start.has(path) ? ('start' as const) : ('later' as const) }
  })
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  return {
    entry: join(folder, 'index.mjs'),
    absent: [...new Set(imported.map(({ path }) => path).filter(path => !isBuiltin(path)))].toSorted(),
    files: files.toSorted((a, b) => b.bytes - a.bytes),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

if (import.meta.main)
  for (const platform of ['gcp', 'azure'] as const) {
    const { files, bytes, absent } = await buildFunctions(platform, join(root, 'dist', platform))
    for (const { name, bytes: size, when } of files.slice(0, 12))
      process.stdout.write(`${String(size).padStart(8)}  ${when.padEnd(5)}  ${name}\n`)
    process.stdout.write(`${String(bytes).padStart(8)}  in all, ${platform}; not in it: ${absent.join(', ')}\n`)
  }
