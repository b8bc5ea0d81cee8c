/**
 * The bundles that reach every cloud, one of each platform: what the platform's own bundle has, and the SDKs of the other clouds as chunks
 * that are loaded when a store of that cloud is opened. Whoever has followers in one cloud only deploys the other bundle, which holds no
 * line of them.
 * @module
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { COMMONJS, english, namedExports, ownGax, platforms } from './build-functions.ts'
import { leftOut, unreached, usedByFunctions, usedExports } from './build-lambda.ts'
import { recordBuild } from './builds.ts'
import { notBundled, optionalParts } from './drivers.ts'

const root = resolve(import.meta.dirname, '..')

const entries = {
  aws: { sweep: 'functions/aws/sweep.ts', 'on-event': 'functions/aws/on-event.ts', worker: 'functions/aws/worker.ts' },
  gcp: { index: 'functions/gcp.ts' },
  azure: { index: 'functions/azure.ts' },
} as const
export type MultiPlatform = keyof typeof entries
export const multiPlatforms = Object.keys(entries) as MultiPlatform[]

export interface MultiFile {
  readonly name: string
  readonly bytes: number
  /** Loaded with a function, or by an `import()`. */
  readonly when: 'start' | 'later'
  /** Packages that it holds. */
  readonly packages: readonly string[]
}

export interface MultiBundle {
  readonly folder: string
  readonly entries: readonly string[]
  /** Packages that it imports, and that are not in it. */
  readonly absent: readonly string[]
  readonly files: readonly MultiFile[]
  readonly bytes: number
}

/** Replaces what an earlier build has left in the folder, which holds nothing else. */
export async function buildMulti(platform: MultiPlatform, folder: string): Promise<MultiBundle> {
  if (existsSync(folder)) rmSync(folder, { recursive: true })
  const brought = platform === 'aws' ? [] : platforms[platform].brought
  const external = [...brought, ...notBundled, ...optionalParts]
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries[platform],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    legalComments: 'none',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[name]-[hash]',
    mainFields: ['module', 'main'],
    banner: { js: COMMONJS.replaceAll('\n', '') },
    external,
    plugins: [english, namedExports, ownGax, ownAuth, usedExports(external, used), leftOut(unreached)],
    logLevel: 'error',
  })
  recordBuild(metafile)
  return described(metafile, folder, Object.keys(entries[platform]))
}

/** Sign-in with a token of another cloud, and the search for credentials that refuses a stored key, are reached from here. */
const used = {
  ...usedByFunctions,
  '@aws-sdk/credential-providers': () => ['fromTemporaryCredentials', 'fromNodeProviderChain', 'fromWebToken'],
}

const OWN_AUTH =
  /const client = module\.createRequire\(import\.meta\.resolve\([^\n]*\n\s*return module\.createRequire\(client\.resolve\('google-gax'\)\)\('google-auth-library'\)/

/** As `ownGax`: the sign-in library that the bundled client has, where our source looks for the one of the installed client. */
const ownAuth: Plugin = {
  name: 'own-auth',
  setup({ onLoad, onResolve, resolve: resolved }) {
    onLoad({ filter: /[\\/]gcp[\\/]auth-library\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      if (!OWN_AUTH.test(source))
        throw new Error(`${path} does not look for the client's own google-auth-library as before`)
      return { contents: source.replace(OWN_AUTH, `return require('lockstep:own-auth')`), loader: 'ts' }
    })
    onResolve({ filter: /^lockstep:own-auth$/ }, async () => {
      const from = join(root, 'node_modules/@google-cloud/secret-manager')
      const gax = await resolved('google-gax', { kind: 'require-call', resolveDir: from })
      return resolved('google-auth-library', { kind: 'require-call', resolveDir: join(gax.path, '..') })
    })
  },
}

function described({ outputs }: Metafile, folder: string, names: readonly string[]): MultiBundle {
  const heads = Object.keys(outputs).filter(path => names.some(name => basename(path) === `${name}.mjs`))
  const start = new Set(heads)
  for (const path of start)
    for (const { path: imported, kind } of outputs[path]!.imports)
      if (kind === 'import-statement' && outputs[imported]) start.add(imported)
  const files = Object.entries(outputs).map(([path, { bytes, inputs }]): MultiFile => {
    const packages = Object.keys(inputs).flatMap(file => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [])
    return { name: basename(path), bytes, when: start.has(path) ? 'start' : 'later', packages: [...new Set(packages)] }
  })
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  return {
    folder,
    entries: names.map(name => join(folder, `${name}.mjs`)),
    absent: [...new Set(imported.map(({ path }) => path).filter(path => !isBuiltin(path)))].toSorted(),
    files: files.toSorted((a, b) => b.bytes - a.bytes),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

if (import.meta.main)
  for (const platform of multiPlatforms) {
    const { files, bytes, absent } = await buildMulti(platform, join(root, 'dist/multi', platform))
    for (const { name, bytes: size, when, packages } of files.slice(0, 12))
      process.stdout.write(
        `${String(size).padStart(8)}  ${when.padEnd(5)}  ${name}: ${packages.slice(0, 3).join(', ')}\n`,
      )
    process.stdout.write(`${String(bytes).padStart(8)}  in all, ${platform}; not in it: ${absent.join(', ')}\n`)
  }
