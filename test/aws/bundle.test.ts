/**
 * The bundle that is deployed: small, complete, quick to load, and the same function. Planted: an import of the whole client of
 * RDS in handler.ts (size, start), `pg` imported at the start, MySQL imported with the target of PostgreSQL (size), an unbundled package:
 * each failed here.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleFiles } from '../../demo/aws/bundle.ts'
import { buildGroup, buildLambda, type LambdaBundle, reachable } from '../../scripts/build-lambda.ts'
import { doneWithout } from '../../scripts/drivers.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-bundle-'))
let bundle: LambdaBundle
beforeAll(async () => {
  bundle = await buildLambda(path.join(folder, 'rotate'))
})

/** Runs a program in a fresh process that can find no package. */
const run = (program: string, env: Record<string, string> = {}): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env.PATH!, AWS_REGION: 'eu-central-1', ...env },
  })

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!

describe('the bundle', () => {
  const all = (files: LambdaBundle['files']) => files.reduce((sum, { bytes }) => sum + bytes, 0)
  const forEngine = (engine: string) => reachable(bundle, new RegExp(`^core/targets/(?!${engine}/)`))

  test('loads at most 600 kB for a secret of PostgreSQL: SDK, RDS and pg', () => {
    const loaded = forEngine('postgres')
    const held = loaded.flatMap(({ holds }) => holds)
    expect(held).toEqual(expect.arrayContaining(['@aws-sdk/client-secrets-manager', '@aws-sdk/client-rds', 'pg']))
    for (const other of ['mysql2', 'mongodb', 'core/targets/mysql']) expect(held).not.toContain(other)
    expect(all(loaded)).toBeLessThanOrEqual(600_000)
  })

  test.each([
    ['mysql', 'mysql2'],
    ['mariadb', 'mysql2'],
    ['mongodb', 'mongodb'],
  ])('loads at most 1.6 MB for a secret of %s, and no other driver', (engine, driver) => {
    const loaded = forEngine(engine)
    const drivers = ['pg', 'mysql2', 'mongodb'].filter(name => loaded.some(({ holds }) => holds.includes(name)))
    expect(drivers).toEqual([driver])
    expect(all(loaded)).toBeLessThanOrEqual(1_600_000)
  })

  test('is at most 2.6 MB with every engine, all files together', () => {
    const onDisk = readdirSync(path.join(folder, 'rotate')).map(file => path.join(folder, 'rotate', file))
    expect(onDisk.map(file => path.basename(file)).sort()).toEqual(bundle.files.map(({ name }) => name).sort())
    expect(bundle.bytes).toBe(onDisk.reduce((sum, file) => sum + statSync(file).size, 0))
    expect(bundle.bytes).toBeLessThanOrEqual(2_600_000)
  })

  test('is `rotate.mjs` and chunks of its own name, which no other output of the build has', () => {
    expect(path.basename(bundle.entry)).toBe('rotate.mjs')
    for (const { name } of bundle.files) expect(name).toMatch(/^rotate(-[\w-]+)?\.mjs$/)
  })

  test('is what demo and bench upload and measure, where the other functions were built too', async () => {
    const all = path.join(folder, 'all')
    await buildLambda(all)
    await buildGroup(all, 'fleet')
    writeFileSync(path.join(all, 'index.js'), '')
    expect([...bundleFiles(all)].sort()).toEqual(bundle.files.map(({ name }) => name).sort())
  })

  test('holds the SDK, drivers and RDS; drivers and RDS apart from what starts', () => {
    const held = (when: string) => bundle.files.filter(file => file.when === when).flatMap(({ holds }) => holds)
    expect(held('later')).toEqual(
      expect.arrayContaining(['@aws-sdk/client-secrets-manager', '@aws-sdk/client-rds', 'pg', 'mysql2', 'mongodb']),
    )
    for (const later of ['pg', 'mysql2', 'mongodb', '@aws-sdk/client-rds']) expect(held('start')).not.toContain(later)
    const [rds] = bundle.files.filter(({ holds }) => holds[0] === '@aws-sdk/client-rds')
    expect(rds?.when).toBe('later')
  })

  test('imports nothing that is not in it, but for what no invocation reaches', () => {
    // parts of drivers that they do without, and a role that the function does not take on
    const known = ['@aws-sdk/credential-providers', ...doneWithout]
    expect(bundle.absent.filter(name => !known.includes(name))).toEqual([])
  })

  test('exports `handler`, and fails as a function does', () => {
    const program = `
      const { handler, ...rest } = await import('./rotate/rotate.mjs')
      const error = await handler({ Records: [] }, { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 }).catch(e => e)
      console.log(JSON.stringify([typeof handler, error.name, error.code]))`
    const [line, answer] = run(program).trim().split('\n')
    expect(JSON.parse(line!)).toMatchObject({ level: 'ERROR', code: 'refused', requestId: 'r' })
    expect(JSON.parse(answer!)).toEqual(['function', 'LockstepError', 'refused'])
  })

  test('every chunk that is loaded later loads', () => {
    const names = bundle.files.map(({ name }) => name)
    const program = `for (const name of ${JSON.stringify(names)}) await import('./rotate/' + name); console.log('all')`
    expect(run(program).trim()).toBe('all')
  })

  // processor time: the clock on the wall measures what else the machine does
  test('loads in at most 1.3 times the time of the SDK alone, in the same run', async () => {
    const commands = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']
    const names = ['SecretsManagerClient', ...commands.map(name => `${name}Command`)].join(', ')
    await build({
      stdin: {
        contents: `export { ${names} } from '@aws-sdk/client-secrets-manager'`,
        resolveDir: import.meta.dirname,
        sourcefile: 'sdk.js',
      },
      outdir: path.join(folder, 'sdk'),
      entryNames: 'sdk',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // as ours: in one file, all of it would be loaded
      splitting: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      mainFields: ['module', 'main'],
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
      logLevel: 'error',
    })
    const used = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000); process.exit()'
    const time = (file?: string) => Number(run(`${file ? `await import('./${file}');` : ''} ${used}`))
    const times = { nothing: [] as number[], sdk: [] as number[], rotate: [] as number[] }
    for (let n = 0; n < 11; n++) {
      times.nothing.push(time())
      times.sdk.push(time('sdk/sdk.mjs'))
      times.rotate.push(time('rotate/rotate.mjs'))
    }
    const nothing = median(times.nothing)
    expect((median(times.rotate) - nothing) / (median(times.sdk) - nothing)).toBeLessThanOrEqual(1.3)
  })
})
