/**
 * The package as users get it: built, packed, unpacked beside its declared dependencies and nothing else, then used.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from '../docs/blocks.ts'
import { manifest, root, textOf } from './modules.ts'

interface Packed {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

const user = mkdtempSync(join(tmpdir(), 'lockstep-user-'))
const home = join(user, 'node_modules/lockstep')
let packed: Packed
let paths: readonly string[]

const run = (command: string, args: readonly string[], cwd = user): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const node = (...args: string[]): string => run(process.execPath, args)

/** The packages that an installation brings: those that are declared, and theirs. */
function dependencies(): readonly string[] {
  const { packages } = JSON.parse(textOf('package-lock.json')) as {
    packages: Record<string, { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }>
  }
  const found = new Set(Object.keys(manifest.dependencies))
  for (const name of found)
    for (const theirs of Object.keys(packages[`node_modules/${name}`]!.dependencies ?? {})) found.add(theirs)
  return [...found]
}

beforeAll(() => {
  node(join(root, 'scripts/build.ts'))
  const npm = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', user]
  const answer = JSON.parse(run('npm', npm, root)) as Packed[] | Record<string, Packed>
  packed = Array.isArray(answer) ? answer[0]! : Object.values(answer)[0]!
  paths = packed.files.map(({ path }) => path)
  mkdirSync(home, { recursive: true })
  run('tar', ['-xzf', packed.filename, '-C', home, '--strip-components=1'])
  for (const name of dependencies())
    cpSync(join(root, 'node_modules', name), join(user, 'node_modules', name), { recursive: true })
  writeFileSync(join(user, 'package.json'), '{ "type": "module", "private": true }\n')
})
afterAll(() => rmSync(user, { recursive: true, force: true }))

describe('the tarball', () => {
  test('holds exactly this at its top', () => {
    expect([...new Set(paths.map(path => path.split('/')[0]!))].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'cli',
      'dist',
      'docs',
      'lockstep.schema.json',
      'package.json',
    ])
    expect(paths.filter(path => path.startsWith('cli/'))).toEqual(['cli/lockstep.mjs'])
    expect(
      [...new Set(paths.filter(path => path.startsWith('dist/')).map(path => path.split('/')[1]!))].sort(),
    ).toEqual(['aws', 'azure', 'cli', 'core', 'gcp', 'local'])
  })

  test('holds no source, test, demo, bench, stand or key', () => {
    expect(paths.filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([])
    expect(
      paths.filter(path => /(^|\/)(test|demo|bench|scripts|conformance|stand|\.ci|\.stand|\.lockstep)\//.test(path)),
    ).toEqual([])
    expect(paths.filter(path => !/\.(js|mjs|d\.ts|md|json)$|^LICENSE$/.test(path))).toEqual([])
  })

  test('is small', () => {
    // Seven engines, followers, sign-in between clouds and the client; without the bundles of the functions, which hold everything that they need: those are built
    // from the repository.
    expect(packed.size).toBeLessThan(850_000)
    expect(packed.unpackedSize).toBeLessThan(3_200_000)
    process.stderr.write(
      `package: ${Math.round(packed.size / 1024)} KiB packed, ${Math.round(packed.unpackedSize / 1024)} KiB unpacked, ${paths.length} files\n`,
    )
  })

  test('types point to JavaScript that is there', () => {
    for (const path of paths.filter(path => path.endsWith('.d.ts')))
      expect(paths).toContain(path.replace(/\.d\.ts$/, '.js'))
    const stale = /(?:from |import\()['"]\.[^'"]*\.ts['"]/
    const compiled = paths.filter(path => path.startsWith('dist/'))
    expect(compiled.filter(path => stale.test(readFileSync(join(home, path), 'utf8')))).toEqual([])
  })

  test('publint has nothing to say', async () => {
    const { publint } = await import('publint')
    const { messages, pkg } = await publint({ pkgDir: home, strict: true, pack: false })
    expect(messages.map(message => formatMessage(message, pkg))).toEqual([])
  })
})

function typeErrors(file: string, ...more: string[]): string {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
  const ran = spawnSync(process.execPath, [compiler, ...strict, '--lib', 'es2024,esnext.disposable', ...more, file], {
    cwd: user,
    encoding: 'utf8',
  })
  return ran.stdout
}

describe('installed', () => {
  const entries = Object.keys(manifest.exports).filter(name => !name.endsWith('.json'))
  const specifier = (entry: string) => `lockstep${entry.slice(1)}`

  test.each(entries)('%s can be imported', entry => {
    writeFileSync(join(user, 'use.js'), `console.log(Object.keys(await import('${specifier(entry)}')).length > 0)`)
    expect(node('use.js')).toBe('true\n')
  })

  test('every entry point says where its types are, before anything else', () => {
    for (const entry of entries) expect(Object.keys(manifest.exports[entry]!)).toEqual(['types', 'default'])
  })

  test('what is not exported cannot be', () => {
    writeFileSync(join(user, 'inner.js'), `await import('lockstep/dist/core/index.js').catch(e => console.log(e.code))`)
    expect(node('inner.js')).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  test('the schema is published, and is the one of the sources', () => {
    writeFileSync(
      join(user, 'schema.js'),
      `import schema from 'lockstep/schema.json' with { type: 'json' }
       import { configJsonSchema } from 'lockstep/config'
       console.log(JSON.stringify(schema) === JSON.stringify(configJsonSchema()))`,
    )
    expect(node('schema.js')).toBe('true\n')
  })

  test('types of every entry point resolve, strictly, without our development dependencies', () => {
    cpSync(join(root, 'node_modules/@types/node'), join(user, 'node_modules/@types/node'), { recursive: true })
    cpSync(join(root, 'node_modules/undici-types'), join(user, 'node_modules/undici-types'), { recursive: true })
    // Who imports the store of a cloud has its SDK: the next tests.
    const here = entries.filter(entry => !['./aws', './gcp', './azure'].includes(entry))
    const lines = here.map((entry, i) => `import * as m${i} from '${specifier(entry)}'\nexport { m${i} }`)
    writeFileSync(
      join(user, 'types.ts'),
      `${lines.join('\n')}
import { rotate, type RotationSetup, SecretValue } from 'lockstep'
export const value: SecretValue = SecretValue.of('x')
export const run = (setup: RotationSetup) =>
  rotate(setup, { type: 'manual', actor: { user_id: 'me', user_agent: 'mine' }, deadline: 0 }, new AbortController().signal)
`,
    )
    expect(typeErrors('types.ts')).toBe('')
  })

  test.each([
    [
      '@aws-sdk',
      `import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { systemClock } from 'lockstep'
import { type AwsSecretStore, openAwsStore } from 'lockstep/aws'
export const store: Promise<AwsSecretStore> = openAwsStore({ client: new SecretsManagerClient({}), clock: systemClock })
`,
    ],
    [
      '@google-cloud',
      `import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { systemClock } from 'lockstep'
import { type GcpSecretStore, openGcpStore } from 'lockstep/gcp'
const client = new SecretManagerServiceClient()
export const store: Promise<GcpSecretStore> = openGcpStore({ project: 'p', readBy: 'latest', client, clock: systemClock })
`,
    ],
    [
      '@azure',
      `import { DefaultAzureCredential } from '@azure/identity'
import { systemClock } from 'lockstep'
import { type AzureSecretStore, openAzureStore } from 'lockstep/azure'
const place = { vault: 'https://v.vault.azure.net', journal: { url: 'https://a.blob.core.windows.net', container: 'c' } }
const credential = new DefaultAzureCredential()
export const store: Promise<AzureSecretStore> = openAzureStore({ ...place, credential, clock: systemClock })
`,
    ],
  ])('types of a store of a cloud resolve beside its SDK: %s', (sdk, text) => {
    const at = join(user, 'node_modules', sdk)
    symlinkSync(join(root, 'node_modules', sdk), at)
    writeFileSync(join(user, 'cloud.ts'), text)
    try {
      expect(typeErrors('cloud.ts', '--skipLibCheck')).toBe('')
    } finally {
      rmSync(at)
    }
  })

  test('the command runs', () => {
    const program = join(home, manifest.bin.lockstep!)
    expect(node(program, '--version')).toBe(`${JSON.parse(textOf('package.json')).version}\n`)
    expect(node(program, '--help')).toContain('Rotates secrets')
    expect(node(program, 'init')).toContain('lockstep.yml')
    expect(node(program, 'check', '--json')).toContain('"ok": true')
  })

  test('an application reads its secret as the README shows', () => {
    const { more, text } = blocksOf('README.md').find(({ kind }) => kind === 'js')!
    writeFileSync(join(user, 'value.json'), '{ "username": "orders_a", "password": "canary" }')
    node(join(home, manifest.bin.lockstep!), 'secret', 'put', 'orders-db', '--file', 'value.json')
    writeFileSync(join(user, more), `${text}\nconsole.log(username, password.reveal(), String(password))\n`)
    expect(node(more)).toMatch(/^orders_a canary (?!.*canary)/)
  })

  test('a target whose driver is missing says which package to install', () => {
    expect(readdirSync(join(user, 'node_modules'))).not.toContain('pg')
    writeFileSync(
      join(user, 'driver.js'),
      `import { createPostgresTarget } from 'lockstep/postgres'
       import { SecretValue, systemClock } from 'lockstep'
       const endpoints = [{ name: 'writer', host: '127.0.0.1', port: 1, database: 'x', role: 'writer' }]
       const target = createPostgresTarget({ strategy: 'single-user', endpoints, tls: { mode: 'disable' }, owner: 'me' }, systemClock)
       const call = { signal: new AbortController().signal, deadline: Date.now() + 5000 }
       await target.test({ username: 'u', password: SecretValue.of('p') }, call).catch(e => console.log(e.code, e.next))`,
    )
    expect(node('driver.js')).toBe('driver-missing Run `npm install pg`.\n')
  })

  const missing = [
    ['aws', { region: 'eu-central-1' }, '@aws-sdk/client-secrets-manager'],
    ['gcp', { project: 'my-project', readBy: 'latest' }, '@google-cloud/secret-manager'],
    [
      'azure',
      { vault: 'https://v.vault.azure.net', journal: { url: 'https://a.blob.core.windows.net', container: 'c-1' } },
      '@azure/keyvault-secrets',
    ],
  ] as const
  const commands = [['status'], ['rotate', '--all'], ['adopt']]

  test.each(missing.flatMap(store => commands.map(command => [...store, command] as const)))(
    'a store whose SDK is missing says which package to install: %s',
    (kind, options, sdk, command) => {
      expect(readdirSync(join(user, 'node_modules'))).not.toContain(sdk.split('/')[0])
      const config = {
        version: 1,
        stores: { cloud: { kind, ...options } },
        audit: [{ kind: 'stderr' }],
        secrets: {
          db: { strategy: 'single-user', target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] } },
        },
      }
      writeFileSync(join(user, 'cloud.yml'), JSON.stringify(config))
      const program = join(home, manifest.bin.lockstep!)
      const adopt = ['--from', kind, '--out', 'x.yml', ...adoptOptions[kind]]
      const args = [program, '--config', 'cloud.yml', ...command, ...(command[0] === 'adopt' ? adopt : []), '--json']
      const { status, stdout } = spawnSync(process.execPath, args, { cwd: user, encoding: 'utf8' })
      const said = JSON.parse(stdout)
      const error = said.error ?? said.done[0].error
      expect({ status, code: error.code }).toEqual({ status: 2, code: 'driver-missing' })
      expect(error.next).toMatch(new RegExp(`^Run \`npm install .*${sdk}`))
    },
  )
})

const adoptOptions = {
  aws: [],
  gcp: ['--project', 'my-project'],
  azure: ['--vault', 'https://v.vault.azure.net'],
} as const
