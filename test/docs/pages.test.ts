/**
 * The other documents: their examples run, their tables are complete.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../core/audit/event.ts'
import { loadConfig } from '../../core/config/load.ts'
import { tableOfStates } from '../../core/testing/simulation/rows.ts'
import { type Block, blocksOf, linesOf, page, root } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const only = (name: string, kind: string): Block => {
  const found = blocksOf(name).filter(block => block.kind === kind && block.more !== 'repository')
  expect(found.length, `${kind} blocks of ${name}`).toBe(1)
  return found[0]!
}
const lockstep = (args: readonly string[]): string =>
  execFileSync(process.execPath, [join(root, 'cli/lockstep.mjs'), ...args], { cwd: folder, encoding: 'utf8' })

describe('CONTRIBUTING', () => {
  test('the target of your own passes the suite, with the command that the page shows', () => {
    const { more, text } = only('CONTRIBUTING.md', 'js')
    writeFileSync(join(folder, more), text)
    const [{ command } = { command: '' }] = linesOf(only('CONTRIBUTING.md', 'sh'))
    expect(command).toBe('lockstep check --target ./my-target.mjs')
    expect(lockstep(command.split(' ').slice(1))).toMatch(/(\d+) of \1 cases hold/)
  })

  test('its configuration is valid, and the target rotates', () => {
    const { text } = only('CONTRIBUTING.md', 'yaml')
    writeFileSync(join(folder, 'lockstep.yml'), text)
    expect(loadConfig(text, { fileName: join(folder, 'lockstep.yml') }).secrets.get('app')?.target.kind).toBe('module')
    lockstep(['init'])
    writeFileSync(join(folder, 'app.json'), '{"username":"app","password":"first-password"}')
    lockstep(['secret', 'put', 'app', '--file', 'app.json'])
    expect(lockstep(['rotate', 'app', '--force'])).toContain('app is rotated')
  })

  test('the example of a store type-checks against the published names', () => {
    const { text } = only('CONTRIBUTING.md', 'ts')
    const file = join(folder, 'store.test.ts')
    writeFileSync(file, text.replace("'lockstep/testing'", `'${join(root, 'core/testing/index.ts')}'`))
    const strict = ['--ignoreConfig', '--noEmit', '--strict', '--allowImportingTsExtensions', '--module', 'nodenext']
    const libs = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node']
    const types = ['--typeRoots', join(root, 'node_modules/@types')]
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [compiler, ...strict, ...libs, ...types, file], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test('the folders and files that it names exist', () => {
    const named = [
      ...page('CONTRIBUTING.md').matchAll(/`((?:core|test|cli|local|scripts|conformance|\.ci)\/[\w./-]+)`/g),
    ]
    expect(named.length).toBeGreaterThan(8)
    const missing = named
      .map(([, path]) => path!)
      .filter(path => !existsSync(join(root, path)) && !existsSync(join(root, `${path}.test.ts`)))
    expect(missing).toEqual([])
  })
})

describe('docs/audit.md', () => {
  const text = page('docs/audit.md')
  const source = readFileSync(join(root, 'core/audit/event.ts'), 'utf8')

  test('lists every event type, and no other', () => {
    const declared = [...source.slice(0, source.indexOf('export type RotationType')).matchAll(/\| '([a-z_]+)'/g)].map(
      ([, name]) => name,
    )
    const listed = [...text.slice(text.indexOf('## Event types')).matchAll(/^\| `([a-z_]+)` \|/gm)].map(
      ([, name]) => name,
    )
    expect(listed.sort()).toEqual(declared.sort())
  })

  test('names every field of an event', () => {
    const fields = [...source.slice(source.indexOf('interface AuditEvent')).matchAll(/readonly ([a-z_]+)\??:/g)].map(
      ([, name]) => name!,
    )
    expect(fields.filter(name => !text.includes(name))).toEqual([])
  })

  test('shows an event of that shape', () => {
    const event = JSON.parse(only('docs/audit.md', 'json').text) as AuditEvent
    expect(event.schema).toBe(1)
    for (const key of Object.keys(event)) expect(source).toContain(key)
  })
})

describe('docs/protocol.md', () => {
  test('has the table of reachable states that the simulator knows', () => {
    const text = page('docs/protocol.md')
    const table = text.slice(text.indexOf('## Reachable states'), text.indexOf('## Waiting for later stores'))
    const strategies = [...table.matchAll(/^\| ([a-z-]+) \| /gm)].map(([, strategy]) => strategy!).slice(1)
    expect(strategies.sort()).toEqual(
      Object.keys(tableOfStates)
        .map(row => row.split(':')[0]!)
        .sort(),
    )
  })
})
