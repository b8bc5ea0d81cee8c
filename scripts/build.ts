/**
 * Compiles what is published into `dist`, from nothing: JavaScript of the sources, the types of what can be imported, and the
 * bundles of the functions.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildFunctions } from './build-functions.ts'
import { buildGroup } from './build-lambda.ts'
import { buildMulti, multiPlatforms } from './build-multi.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })

for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue
  const path = join(dist, file)
  // The compiler rewrites the extensions of imports in JavaScript only; nothing of cli can be imported.
  if (file.startsWith('cli/')) rmSync(path)
  else
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/((?:from |import\()['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'))
}

for (const group of ['rotate', 'fleet'] as const) await buildGroup(join(dist, 'aws'), group)
for (const platform of ['gcp', 'azure'] as const) await buildFunctions(platform, join(dist, platform))
for (const platform of multiPlatforms) await buildMulti(platform, join(dist, 'multi', platform))
