/**
 * What it costs to have core and local store at all: the size of their bundle, and the time to load it.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildSync } from 'esbuild'
import { median, type Result, result } from './result.ts'

const STARTS = 15

export function loading(): Result[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'))
  try {
    const bundle = path.join(folder, 'core-and-local.mjs')
    const empty = path.join(folder, 'empty.mjs')
    const bytes = buildBundle(bundle)
    writeFileSync(empty, '')
    const times = { bundle: [] as number[], empty: [] as number[] }
    for (let start = 0; start < STARTS; start++) {
      times.empty.push(startTime(empty))
      times.bundle.push(startTime(bundle))
    }
    const [loaded, nothing] = [median(times.bundle), median(times.empty)]
    return [
      result('core + local store: bundle, minified', bytes / 1024, 'KiB'),
      result("core + local store: load time / node's own start", loaded / nothing, '×'),
      result('core + local store: load time on top of it', loaded - nothing, 'ms'),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function buildBundle(outfile: string): number {
  const contents = `export * from './core/index.ts'; export * from './local/index.ts'`
  const built = buildSync({
    stdin: { contents, resolveDir: path.join(import.meta.dirname, '..'), loader: 'ts' },
    ...{ outfile, bundle: true, minify: true, metafile: true, platform: 'node', format: 'esm', logLevel: 'error' },
  })
  return Object.values(built.metafile.outputs)[0]!.bytes
}

function startTime(file: string): number {
  const began = performance.now()
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', file])
  return performance.now() - began
}
