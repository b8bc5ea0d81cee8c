/**
 * The built functions of a cloud: their size, and the time to load them against the SDK alone, with the same clients and bundled
 * the same way.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildSync } from 'esbuild'
import { buildFunctions, type Platform } from '../../scripts/build-functions.ts'
import { median, type Result, result } from '../result.ts'

const STARTS = 21
const GOAL = 1.3
const root = path.resolve(import.meta.dirname, '../..')

/** What a rotation needs of the SDKs: the entry point of a bundle. */
const sdks: Readonly<Record<Platform, string>> = {
  gcp: `export { SecretManagerServiceClient } from '@google-cloud/secret-manager'`,
  azure: `export { SecretClient } from '@azure/keyvault-secrets'
export { BlobServiceClient } from '@azure/storage-blob'
export { DefaultAzureCredential } from '@azure/identity'`,
}

/** What is in the process before any function of ours: the platform's own part, loaded or played. */
const platforms: Readonly<Record<Platform, string>> = {
  gcp: `await import('@google-cloud/functions-framework')`,
  azure: `await import('@azure/functions-core')`,
}

const stores: Readonly<Record<Platform, string>> = {
  gcp: '{ kind: gcp, project: my-project, readBy: latest }',
  azure:
    "{ kind: azure, vault: 'https://my-kv.vault.azure.net', journal: { url: 'https://acct.blob.core.windows.net', container: lockstep } }",
}

export async function cloudLoading(platform: Platform): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'))
  try {
    furnish(folder, platform)
    const { entry, files, bytes } = await buildFunctions(platform, folder)
    const sdk = buildSdk(folder, platform)
    const times: { readonly functions: number; readonly sdk: number }[] = []
    for (let start = 0; start <= STARTS; start++) {
      const inTurn = start % 2 === 0 ? [sdk.entry, entry] : [entry, sdk.entry]
      const took = new Map(inTurn.map(file => [file, loadTime(folder, platform, file)]))
      // the first ones read the files from the disk
      if (start > 0) times.push({ sdk: took.get(sdk.entry)!, functions: took.get(entry)! })
    }
    return [
      result(`${platform}: bundle of the functions, minified`, bytes / 1000, `kB in ${files.length} files`),
      result(`${platform}: the SDK alone, bundled the same way`, sdk.bytes / 1000, 'kB'),
      result(
        `${platform}: load time of the functions / the SDK alone`,
        median(times.map(t => t.functions / t.sdk)),
        '×',
        GOAL,
      ),
      result(`${platform}: load time of the functions`, median(times.map(t => t.functions)), 'ms'),
      result(`${platform}: load time of the SDK alone`, median(times.map(t => t.sdk)), 'ms'),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A configuration, and what the platform brings. */
function furnish(folder: string, platform: Platform): void {
  writeFileSync(
    path.join(folder, 'lockstep.yml'),
    `version: 1
stores: { cloud: ${stores[platform]} }
audit: [{ kind: stdout }]
secrets:
  app: { strategy: single-user, target: { kind: postgres, endpoints: [{ host: db.internal, database: app }] } }
`,
  )
  const scope = path.join(folder, 'node_modules', platform === 'gcp' ? '@google-cloud' : '@azure')
  mkdirSync(scope, { recursive: true })
  if (platform === 'gcp') {
    const brought = '@google-cloud/functions-framework'
    symlinkSync(path.join(root, 'node_modules', brought), path.join(folder, 'node_modules', brought))
    return
  }
  // exists inside the host only
  mkdirSync(path.join(scope, 'functions-core'))
  writeFileSync(
    path.join(scope, 'functions-core/index.js'),
    `class Disposable { dispose() {} }
module.exports = { version: '0', Disposable, setProgrammingModel() {}, registerFunction: () => new Disposable(), registerHook: () => new Disposable() }`,
  )
}

function buildSdk(folder: string, platform: Platform): { readonly entry: string; readonly bytes: number } {
  const { metafile } = buildSync({
    stdin: { contents: sdks[platform], resolveDir: root, sourcefile: 'sdk.js' },
    outdir: path.join(folder, 'sdk'),
    ...{
      entryNames: 'sdk',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      minify: true,
      metafile: true,
    },
    ...{ platform: 'node', target: 'node22', format: 'esm', mainFields: ['module', 'main'] },
    ...{ legalComments: 'none', logLevel: 'error' },
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
    },
  })
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  return { entry: path.join(folder, 'sdk/sdk.mjs'), bytes }
}

/** Without Node.js's own start, and without the platform's. */
function loadTime(folder: string, platform: Platform, file: string): number {
  const program = path.join(folder, 'load.mjs')
  writeFileSync(
    program,
    `${platforms[platform]}
const began = performance.now()
await import(${JSON.stringify(file)})
process.stdout.write(String(performance.now() - began), () => process.exit())`,
  )
  const env = { ...process.env, LOCKSTEP_CONFIG: path.join(folder, 'lockstep.yml') }
  return Number(execFileSync(process.execPath, [program], { encoding: 'utf8', env, cwd: folder }))
}
