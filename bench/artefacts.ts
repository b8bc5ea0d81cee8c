/**
 * `npm run bench -- artefacts`: the zips as they are shipped, each unpacked into a folder of its own: how long making all of them takes, and
 * what loading each costs beside the SDK alone, in processor time and memory of a fresh process. Ratios of one run.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { packageInto, unpackedFrom, type Zip, zips } from '../test/infra/artefacts.ts'
import { median, type Result, result } from './result.ts'

const RUNS = 9
const root = path.resolve(import.meta.dirname, '..')
const FRAMEWORK = '@google-cloud/functions-framework'
const BANNER =
  "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;"

/** What a rotation needs of the SDKs. */
const sdks: Readonly<Record<string, string>> = {
  aws: `export { SecretsManagerClient, DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'`,
  gcp: `export { SecretManagerServiceClient } from '@google-cloud/secret-manager'`,
  azure: `export { SecretClient } from '@azure/keyvault-secrets'
export { BlobServiceClient } from '@azure/storage-blob'
export { DefaultAzureCredential } from '@azure/identity'`,
}

interface Loaded {
  readonly cpuMs: number
  readonly peakMiB: number
}

export async function artefacts(): Promise<Result[]> {
  const made = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'))
  try {
    const packaged = await packageInto(made)
    const results = [result('package: all three clouds, on this machine', packaged / 1000, 's')]
    for (const zip of zips) results.push(...measured(made, zip))
    return results
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function measured(made: string, zip: Zip): Result[] {
  const folder = unpackedFrom(made, zip)
  try {
    const [cloud = '', name = ''] = zip.split('/')
    const entry = path.join(folder, cloud === 'aws' ? `${name}.mjs` : 'index.mjs')
    const platform = bring(folder, cloud)
    const alone = path.join(folder, 'sdk/sdk.mjs')
    buildSync({
      stdin: { contents: sdks[cloud]!, resolveDir: root },
      // in chunks, as our own build makes them: what is not loaded counts for neither
      ...{ outdir: path.dirname(alone), entryNames: 'sdk', outExtension: { '.js': '.mjs' }, splitting: true },
      ...{ bundle: true, minify: true, platform: 'node', format: 'esm', target: 'node22' },
      ...{ mainFields: ['module', 'main'], banner: { js: BANNER }, logLevel: 'error' },
    })
    const runs: { readonly own: Loaded; readonly sdk: Loaded; readonly empty: Loaded }[] = []
    for (let run = 0; run < RUNS; run++)
      runs.push({ empty: load(platform), own: load(platform, entry), sdk: load(platform, alone) })
    const of = (who: 'own' | 'sdk' | 'empty', what: keyof Loaded) => median(runs.map(run => run[who][what]))
    const above = (who: 'own' | 'sdk') => of(who, 'cpuMs') - of('empty', 'cpuMs')
    return [
      result(`${zip}.zip: load, processor time / the SDK alone`, above('own') / above('sdk'), '×', 1.3),
      result(`${zip}.zip: load, processor time`, above('own'), 'ms'),
      result(`${zip}.zip: peak memory after loading / the SDK alone`, of('own', 'peakMiB') / of('sdk', 'peakMiB'), '×'),
      result(`${zip}.zip: peak memory after loading`, of('own', 'peakMiB'), 'MiB'),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is in the process before a function is: put beside it, and answered as the line that loads it. */
function bring(folder: string, cloud: string): string {
  if (cloud === 'aws') return ''
  const modules = path.join(folder, 'node_modules')
  if (cloud === 'gcp') {
    mkdirSync(path.dirname(path.join(modules, FRAMEWORK)), { recursive: true })
    symlinkSync(path.join(root, 'node_modules', FRAMEWORK), path.join(modules, FRAMEWORK))
    return at(path.join(root, 'node_modules', FRAMEWORK, 'build/src/index.js'))
  }
  // exists inside the host only
  const core = path.join(modules, '@azure/functions-core')
  mkdirSync(core, { recursive: true })
  writeFileSync(
    path.join(core, 'index.js'),
    `class Disposable { dispose() {} }
module.exports = { version: '0', Disposable, setProgrammingModel() {}, registerFunction: () => new Disposable(), registerHook: () => new Disposable() }`,
  )
  return at(path.join(core, 'index.js'))
}

const at = (file: string): string => `await import(${JSON.stringify(pathToFileURL(file).href)});`

function load(platform: string, file?: string): Loaded {
  // before what the module begins in the turn after its start
  const program = `${platform}${file ? at(file) : ''}
const { user, system } = process.cpuUsage()
process.stdout.write('\\n' + JSON.stringify({ cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024 }), () => process.exit())`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, AWS_REGION: 'eu-central-1' },
  })
  return JSON.parse(output.trim().split('\n').at(-1)!) as Loaded
}
