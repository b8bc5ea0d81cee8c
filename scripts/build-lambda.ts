/**
 * The bundles of the functions: `rotate.mjs`, `sweep.mjs`, `on-event.mjs` and `worker.mjs`, each of which exports `handler`, and the
 * chunks that each loads when it needs them, named after it. Everything is in them, SDK and `pg` too, so that a function is the files
 * of its name and nothing else (and `lockstep.yml`, but for `rotate`), and starts fast.
 * @module
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '..')

const sources = {
  rotate: 'aws/handler.ts',
  sweep: 'aws/sweep.ts',
  'on-event': 'aws/on-event.ts',
  worker: 'aws/worker.ts',
} as const

export type FunctionName = keyof typeof sources
export const functionNames = Object.keys(sources) as readonly FunctionName[]

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

/** Writes the function and its chunks into `folder`, replacing those of an earlier build. */
export async function buildLambda(folder: string, name: FunctionName = 'rotate'): Promise<LambdaBundle> {
  // optional parts of `pg` that are not installed; the rotation function takes no role on
  const external = ['pg-native', 'cloudflare:sockets', ...(name === 'rotate' ? ['@aws-sdk/credential-providers'] : [])]
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { [name]: sources[name] },
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
    chunkNames: `${name}-[name]-[hash]`,
    // the packages' builds for bundlers, of which less is left over than of their CommonJS
    mainFields: ['module', 'main'],
    // `pg` and parts of the SDK are CommonJS and call `require`
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url);",
    },
    external,
    plugins: [usedExports(external), leftOut(name === 'rotate' ? { ...unreached, ...unreachedByRotate } : unreached)],
    logLevel: 'error',
  })
  return described(metafile, folder, name)
}

/**
 * A package that is loaded by `import()` as a whole would be bundled as a whole, every command of the service. So in the bundle
 * it is a module with those that our sources name.
 */
const usedExports = (external: readonly string[]): Plugin => ({
  name: 'used-exports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\// }, ({ path, kind }) =>
      kind === 'dynamic-import' && used[path] && !external.includes(path)
        ? { path, namespace: 'used-exports' }
        : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'used-exports' }, ({ path }) => ({
      contents: `export { ${used[path]!().join(', ')} } from '${path}'`,
      resolveDir: root,
    }))
  },
})

const used: Readonly<Record<string, () => readonly string[]>> = {
  '@aws-sdk/client-secrets-manager': () => ['SecretsManagerClient', ...commandsOf('@aws-sdk/client-secrets-manager')],
  '@aws-sdk/client-sqs': () => ['SQSClient', ...commandsOf('@aws-sdk/client-sqs')],
  '@aws-sdk/credential-providers': () => ['fromTemporaryCredentials'],
}

/** What our sources make with `new`, in files that name the client; commands of other clients are loaded from modules of their own. */
function commandsOf(client: string): readonly string[] {
  const folder = join(root, 'aws')
  const files = readdirSync(folder).filter(file => file.endsWith('.ts'))
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8')).filter(text => text.includes(`'${client}'`))
  const named = texts.flatMap(text => [...text.matchAll(/new (\w+Command)\(/g)].map(([, command]) => command!))
  return [...new Set(named)].toSorted()
}

/** Asked in turn by the SDK for credentials; each of these says that the next one may have some. */
const noProfile = (name: string): string =>
  `export const ${name} = () => async () => {
    throw Object.assign(new Error('A function has no profiles.'), { name: 'CredentialsProviderError', tryNextLink: true })
  }`

/** What no invocation reaches: credentials in the files of a person, streams of events, the SDK's reading of browsers' names. */
const unreached: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-ini': noProfile('fromIni'),
  '@aws-sdk/credential-provider-sso': noProfile('fromSSO'),
  '@aws-sdk/credential-provider-process': noProfile('fromProcess'),
  '@smithy/core/event-streams': 'export {}',
  bowser: 'export {}',
}

/** The schedule of a maintenance window: Secrets Manager's own decides. */
const unreachedByRotate = {
  croner: "export const Cron = () => { throw new Error('A function has no maintenance window.') }",
}

const leftOut = (unreached: Readonly<Record<string, string>>): Plugin => ({
  name: 'left-out',
  setup({ onResolve, onLoad }) {
    const names = Object.keys(unreached).join('|')
    onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: unreached[path]! }))
  },
})

function described({ outputs }: Metafile, folder: string, name: FunctionName): LambdaBundle {
  const pathOf = (file: string) => Object.keys(outputs).find(path => basename(path) === file)!
  const start = new Set([pathOf(`${name}.mjs`)])
  for (const path of start)
    for (const { path: imported, kind } of outputs[path]!.imports)
      if (kind === 'import-statement' && outputs[imported]) start.add(imported)
  const files = Object.entries(outputs).map(([path, { bytes, inputs }]): BundledFile => {
    return { name: basename(path), bytes, when: start.has(path) ? 'start' : 'later', holds: shares(inputs) }
  })
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  return {
    entry: join(folder, `${name}.mjs`),
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
  for (const name of functionNames) {
    const { files, bytes } = await buildLambda(folder, name)
    for (const { name: file, bytes: size, when, holds } of files)
      process.stdout.write(`${String(size).padStart(8)}  ${when.padEnd(5)}  ${file}: ${holds.slice(0, 4).join(', ')}\n`)
    process.stdout.write(`${String(bytes).padStart(8)}  ${name} in all\n`)
  }
}
