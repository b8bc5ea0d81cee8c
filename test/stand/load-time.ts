/**
 * What loading a bundle costs beside its SDK alone: processor time, medians of the same run, since the clock on the wall measures what else
 * the machine does.
 * @module
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const RUNS = 9
const root = path.resolve(import.meta.dirname, '../..')

/** Milliseconds that loading adds to an empty process. `sdk`: a module that exports what of the SDK is used. Chunks lie beside `own`. */
export async function loadTimes(
  own: string,
  sdk: string,
  external: readonly string[],
): Promise<{ own: number; sdk: number }> {
  const alone = path.join(path.dirname(own), 'sdk-alone.mjs')
  await build({
    stdin: { contents: sdk, resolveDir: root },
    outfile: alone,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    mainFields: ['module', 'main'],
    external: [...external],
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
    },
    logLevel: 'error',
  })
  const times = { empty: [] as number[], own: [] as number[], sdk: [] as number[] }
  for (let run = 0; run < RUNS; run++) {
    times.empty.push(time(''))
    times.own.push(time(own))
    times.sdk.push(time(alone))
  }
  const empty = median(times.empty)
  return { own: median(times.own) - empty, sdk: median(times.sdk) - empty }
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!

function time(module: string): number {
  const load = module && `await import(${JSON.stringify(pathToFileURL(module).href)});`
  // before what the module begins in the turn after its start
  const program = `${load}const { user, system } = process.cpuUsage(); console.log((user + system) / 1000); process.exit()`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH },
  })
  return Number(output.trim().split('\n').at(-1))
}
