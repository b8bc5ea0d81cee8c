/**
 * Each engine with its driver, as the bundles of the functions hold them: in a folder where no package can be found. A package in
 * CommonJS has other exports there than in `node_modules`.
 * Planted: MongoDB's client by its name instead of the default's failed here.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engines } from '../../core/config/engines.ts'
import { notBundled, optionalParts } from '../../scripts/drivers.ts'
import { root } from './modules.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-engines-'))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `export { openTarget } from './core/targets/engines.ts'
        export { RotationError } from './core/errors.ts'
        export { SecretValue } from './core/secret/secret-value.ts'`,
      resolveDir: root,
    },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    mainFields: ['module', 'main'],
    banner: {
      js: "import{createRequire as lockstepRequire}from'node:module';const require=lockstepRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;",
    },
    external: [...notBundled, ...optionalParts],
    logLevel: 'error',
  })
})

/** Logs in where nothing listens, and answers what it says. */
const tried = (kind: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { openTarget, SecretValue } = await import('./stdin.mjs')
      const endpoint = { name: 'e', host: '127.0.0.1', port: 1, role: 'writer', database: 'd', service: 's' }
      const target = { kind: '${kind}', endpoints: [endpoint], tls: { mode: 'verify-full' }, probes: [], adopt: false }
      const secret = { name: 's', strategy: '${engines[kind as keyof typeof engines].strategies[0]}', users: ['a', 'b'] }
      const opened = await openTarget({ deployment: 'd', secret, target }, { now: () => Date.now() })
      const call = { signal: new AbortController().signal, deadline: Date.now() + 5000 }
      const error = await opened.accepts({ username: 'a', password: SecretValue.of('password') }, call).catch(e => e)
      console.log(error.code)
      process.exit()`,
    ],
    { encoding: 'utf8', cwd: folder },
  ).trim()

test.each(Object.keys(engines))('%s', kind => {
  const preview = kind === 'sqlserver' || kind === 'oracle'
  expect(tried(kind)).toBe(preview ? 'driver-missing' : 'target-unreachable')
})
