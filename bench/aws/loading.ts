/**
 * The built function: its size, and the time to load it against the SDK alone, with the same commands and bundled the same way.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildSync } from 'esbuild'
import { uploadBundle } from '../../demo/aws/bundle.ts'
import { buildLambda, reachable } from '../../scripts/build-lambda.ts'
import { median, type Result, result } from '../result.ts'

const STARTS = 41
const MOST_KB = 600
const GOAL = 1.3
/** A chunk that only a secret of another engine loads. */
const OTHER_ENGINES = /^core\/targets\/(?!postgres\/)/

export async function awsLoading(): Promise<Result[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'))
  try {
    const bundle = await uploadBundle(path.join(folder, 'function'))
    const built = await buildLambda(path.join(folder, 'measured'))
    const used = reachable(built, OTHER_ENGINES)
    const kB = (files: readonly { readonly bytes: number }[]) => files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000
    const sdk = buildSdk(folder)
    const times: { readonly function: number; readonly sdk: number }[] = []
    for (let start = 0; start <= STARTS; start++) {
      const inTurn = start % 2 === 0 ? [sdk, bundle] : [bundle, sdk]
      const took = new Map(inTurn.map(file => [file, loadTime(file)]))
      // the first ones read the files from the disk
      if (start > 0) times.push({ sdk: took.get(sdk)!, function: took.get(bundle)! })
    }
    return [
      result(
        'aws: what the function loads for PostgreSQL, minified, with SDK and pg',
        kB(used),
        `kB in ${used.length} files`,
        MOST_KB,
      ),
      result('aws: the function with every driver', kB(built.files), `kB in ${built.files.length} files`),
      result('aws: load time of the function / the SDK alone', median(times.map(t => t.function / t.sdk)), '×', GOAL),
      result('aws: load time of the function', median(times.map(t => t.function)), 'ms'),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** With the commands that a rotation needs, and no other. */
function buildSdk(folder: string): string {
  const commands = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']
  const names = ['SecretsManagerClient', ...commands.map(name => `${name}Command`)]
  buildSync({
    stdin: {
      contents: `export { ${names.join(', ')} } from '@aws-sdk/client-secrets-manager'`,
      resolveDir: import.meta.dirname,
      sourcefile: 'sdk.js',
    },
    outdir: path.join(folder, 'sdk'),
    ...{ entryNames: 'sdk', outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, minify: true },
    ...{ platform: 'node', target: 'node22', format: 'esm', mainFields: ['module', 'main'], logLevel: 'error' },
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url);",
    },
  })
  return path.join(folder, 'sdk/sdk.mjs')
}

/** Without Node.js's own start. */
function loadTime(file: string): number {
  const program = `const began = performance.now()
await import(${JSON.stringify(file)})
process.stdout.write(String(performance.now() - began))`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}
