/**
 * The bundles of the functions, each of which exports `handler`: `rotate.mjs`, and `sweep.mjs`, `on-event.mjs` and `worker.mjs`, which
 * share the chunks that begin with `fleet-`. Everything is in them, SDK and drivers too, so that a function is its file and its chunks
 * and nothing else (and `lockstep.yml`, but for `rotate`), and starts fast.
 * @module
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { recordBuild } from './builds.ts'
import { notBundled, optionalParts } from './drivers.ts'

const root = resolve(import.meta.dirname, '..')

/** What shares its chunks: they are named after it, and belong to each of its functions. */
const groups = {
  rotate: { rotate: 'aws/handler.ts' },
  fleet: { sweep: 'aws/sweep.ts', 'on-event': 'aws/on-event.ts', worker: 'aws/worker.ts' },
} as const

export type Group = keyof typeof groups

export interface BundledFile {
  readonly name: string
  readonly bytes: number
  /** Loaded with the function, or by an `import()` that few invocations reach. */
  readonly when: 'start' | 'later'
  /** Files of the bundle that it imports, at once or later. */
  readonly imports: readonly string[]
  /** The source that an `import()` names, where the file is there for one. */
  readonly entryPoint: string | undefined
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
  const [rotate] = (await buildGroup(folder, 'rotate')).values()
  return rotate!
}

/** The functions of a group, by name. */
export async function buildGroup(folder: string, group: Group): Promise<ReadonlyMap<string, LambdaBundle>> {
  // the rotation function takes no role on
  const unused = group === 'rotate' ? ['@aws-sdk/credential-providers'] : []
  const external = [...notBundled, ...optionalParts, ...unused]
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: groups[group],
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
    chunkNames: `${group}-[name]-[hash]`,
    // the packages' builds for bundlers, of which less is left over than of their CommonJS
    mainFields: ['module', 'main'],
    // `pg` and parts of the SDK are CommonJS and call `require`
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url);",
    },
    external,
    plugins: [usedExports(external), leftOut(group === 'rotate' ? { ...unreached, ...unreachedByRotate } : unreached)],
    logLevel: 'error',
  })
  recordBuild(metafile)
  return new Map(Object.keys(groups[group]).map(name => [name, described(metafile, folder, name)]))
}

/**
 * A package that is loaded by `import()` as a whole would be bundled as a whole, every command of the service. So in the bundle
 * it is a module with those that our sources name.
 */
export const usedExports = (external: readonly string[], used = usedByFunctions): Plugin => ({
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

export const usedByFunctions: Readonly<Record<string, () => readonly string[]>> = {
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
export const unreached: Readonly<Record<string, string>> = {
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

export const leftOut = (unreached: Readonly<Record<string, string>>): Plugin => ({
  name: 'left-out',
  setup({ onResolve, onLoad }) {
    const names = Object.keys(unreached).join('|')
    onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: unreached[path]! }))
  },
})

function described({ outputs }: Metafile, folder: string, name: string): LambdaBundle {
  const entry = Object.keys(outputs).find(path => basename(path) === `${name}.mjs`)!
  const start = loadedWith(outputs, entry)
  // every chunk of the group: which of them one function never loads, nobody has to find out
  const all = Object.keys(outputs).filter(path => path === entry || !isFunction(basename(path)))
  const files = all.map((path): BundledFile => {
    const { bytes, inputs, imports, entryPoint } = outputs[path]!
    const own = imports.filter(({ external }) => !external).map(({ path: imported }) => basename(imported))
    const when = start.has(path) ? 'start' : 'later'
    return { name: basename(path), bytes, when, imports: own, entryPoint, holds: shares(inputs) }
  })
  const imported = all.flatMap(path => outputs[path]!.imports.filter(({ external }) => external))
  return {
    entry: join(folder, `${name}.mjs`),
    absent: [...new Set(imported.map(({ path }) => path).filter(path => !isBuiltin(path)))].toSorted(),
    files: files.toSorted((a, b) => b.bytes - a.bytes),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** What is loaded at most, while nothing that `unused` matches is: sources that an `import()` names. */
export function reachable({ entry, files }: LambdaBundle, unused: RegExp): readonly BundledFile[] {
  const found = new Set([basename(entry)])
  for (const name of found)
    for (const imported of files.find(file => file.name === name)!.imports) {
      const point = files.find(file => file.name === imported)?.entryPoint
      if (point === undefined || !unused.test(point)) found.add(imported)
    }
  return files.filter(({ name }) => found.has(name))
}

const isFunction = (file: string): boolean =>
  Object.values(groups).some(group => Object.keys(group).some(name => file === `${name}.mjs`))

/** The file and those that it imports at once. */
function loadedWith(outputs: Metafile['outputs'], entry: string): ReadonlySet<string> {
  const found = new Set([entry])
  for (const path of found)
    for (const { path: imported, kind } of outputs[path]!.imports)
      if (outputs[imported] && kind === 'import-statement') found.add(imported)
  return found
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
  for (const group of ['rotate', 'fleet'] as const)
    for (const [name, { files, bytes }] of await buildGroup(folder, group)) {
      for (const { name: file, bytes: size, when, holds } of files)
        process.stdout.write(
          `${String(size).padStart(8)}  ${when.padEnd(5)}  ${file}: ${holds.slice(0, 4).join(', ')}\n`,
        )
      process.stdout.write(`${String(bytes).padStart(8)}  ${name} in all\n`)
    }
}
