/**
 * The bundle of the rotation function: `rotate.mjs`, which exports `handler`, and the chunks that it loads when it needs them.
 * Everything is in it, SDK and `pg` too, so that a function is these files and nothing else, and starts fast.
 * @module
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

export interface BundledFile {
  readonly name: string
  readonly bytes: number
  /** Loaded with the function, or by an `import()` that few invocations reach. */
  readonly when: 'start' | 'later'
  /** Packages and folders, by how much of the file they are, the largest first. */
  readonly holds: readonly string[]
}

export interface LambdaBundle {
  readonly entry: string
  /** Packages that it would import, and that are not in it. */
  readonly absent: readonly string[]
  readonly files: readonly BundledFile[]
  readonly bytes: number
}

/** Writes `rotate.mjs` and its chunks into `folder`, replacing those of an earlier build. */
export async function buildLambda(folder: string): Promise<LambdaBundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { rotate: 'aws/handler.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    legalComments: 'none',
    platform: 'node',
    // the oldest runtime of Lambda that we support
    target: 'node22',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'rotate-[name]-[hash]',
    // the packages' builds for bundlers, of which less is left over than of their CommonJS
    mainFields: ['module', 'main'],
    // `pg` and parts of the SDK are CommonJS and call `require`
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url);",
    },
    // optional parts of `pg` that are not installed; the role of the function is not changed by it
    external: ['pg-native', 'cloudflare:sockets', '@aws-sdk/credential-providers'],
    plugins: [usedCommands, leftOut],
    logLevel: 'error',
  })
  return described(metafile, folder)
}

/**
 * A package that is loaded by `import()` as a whole would be bundled as a whole, every command of the service. So in the bundle
 * it is a module with those that our sources name.
 */
const usedCommands: Plugin = {
  name: 'used-commands',
  setup({ onResolve, onLoad }) {
    const name = '@aws-sdk/client-secrets-manager'
    onResolve({ filter: new RegExp(`^${name}$`) }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: name, namespace: 'used-commands' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'used-commands' }, () => ({
      contents: `export { SecretsManagerClient, ${commandsIn('aws').join(', ')} } from '${name}'`,
      resolveDir: root,
    }))
  },
}

/** What our sources make with `new`; commands of other clients are loaded from modules of their own. */
function commandsIn(folder: string): readonly string[] {
  const sources = readdirSync(join(root, folder)).filter(file => file.endsWith('.ts'))
  const named = sources.flatMap(file =>
    [...readFileSync(join(root, folder, file), 'utf8').matchAll(/new (\w+Command)\(/g)].map(([, command]) => command!),
  )
  return [...new Set(named)].toSorted()
}

/** Asked in turn by the SDK for credentials; each of these says that the next one may have some. */
const noProfile = (name: string): string =>
  `export const ${name} = () => async () => {
    throw Object.assign(new Error('A function has no profiles.'), { name: 'CredentialsProviderError', tryNextLink: true })
  }`

/**
 * What no invocation reaches: credentials in the files of a person, streams of events, the SDK's reading of browsers' names, and
 * the schedule of a maintenance window, since Secrets Manager's own decides.
 */
const unreached: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-ini': noProfile('fromIni'),
  '@aws-sdk/credential-provider-sso': noProfile('fromSSO'),
  '@aws-sdk/credential-provider-process': noProfile('fromProcess'),
  '@smithy/core/event-streams': 'export {}',
  bowser: 'export {}',
  croner: "export const Cron = () => { throw new Error('A function has no maintenance window.') }",
}

const leftOut: Plugin = {
  name: 'left-out',
  setup({ onResolve, onLoad }) {
    const names = Object.keys(unreached).join('|')
    onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: unreached[path]! }))
  },
}

function described({ outputs }: Metafile, folder: string): LambdaBundle {
  const pathOf = (file: string) => Object.keys(outputs).find(path => basename(path) === file)!
  const start = new Set([pathOf('rotate.mjs')])
  for (const path of start)
    for (const { path: imported, kind } of outputs[path]!.imports)
      if (kind === 'import-statement' && outputs[imported]) start.add(imported)
  const files = Object.entries(outputs).map(([path, { bytes, inputs }]): BundledFile => {
    return { name: basename(path), bytes, when: start.has(path) ? 'start' : 'later', holds: shares(inputs) }
  })
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  return {
    entry: join(folder, 'rotate.mjs'),
    absent: [...new Set(imported.map(({ path }) => path).filter(path => !isBuiltin(path)))].toSorted(),
    files: files.toSorted((a, b) => b.bytes - a.bytes),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function shares(inputs: Metafile['outputs'][string]['inputs']): readonly string[] {
  const sums = new Map<string, number>()
  for (const [file, { bytesInOutput }] of Object.entries(inputs))
    sums.set(ownerOf(file), (sums.get(ownerOf(file)) ?? 0) + bytesInOutput)
  return [...sums].toSorted(([, a], [, b]) => b - a).map(([owner]) => owner)
}

function ownerOf(file: string): string {
  const [, inPackage] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  return (
    inPackage ??
    file
      .replace(/^[\w-]+:/, '')
      .split('/')
      .slice(0, -1)
      .join('/')
  )
}

if (import.meta.main) {
  const folder = join(root, 'dist/aws')
  rmSync(folder, { recursive: true, force: true })
  const { files, bytes } = await buildLambda(folder)
  for (const { name, bytes: size, when, holds } of files)
    process.stdout.write(`${String(size).padStart(8)}  ${when.padEnd(5)}  ${name}: ${holds.slice(0, 4).join(', ')}\n`)
  process.stdout.write(`${String(bytes).padStart(8)}  in all\n`)
}
