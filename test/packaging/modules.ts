/**
 * Every import of every source file, type-only ones too: a bundler's view has lost those, and they bind as well.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Import {
  /** Paths from the project's root. */
  readonly from: string
  /** A path from the project's root, `node:…`, or the name of a package. */
  readonly to: string
  readonly kind: 'type' | 'static' | 'lazy'
}

/** Source files below a folder, as paths from the root. */
export const sources = (folder: string, ending = /\.(ts|mjs)$/): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map(file => join(folder, file))
    .filter(file => ending.test(file))
    .sort()

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Without comments: what they mention is not used. Strings keep their `//` behind a colon. */
export const codeOf = (file: string): string =>
  textOf(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, comment => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|[\s;,{}()])\/\/.*$/gm, '$1')

const STATIC = /^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
/** `import('…')`, also as a type: `typeof import('pg')`. */
const CALL = /(typeof\s+)?\bimport\(\s*['"]([^'"$]+)['"]\s*\)/g

export function importsOf(file: string): readonly Import[] {
  const code = codeOf(file)
  const found = (pattern: RegExp, kind: (mark: string | undefined) => Import['kind']) =>
    [...code.matchAll(pattern)].map(([, mark, to]) => ({ from: file, to: resolved(file, to!), kind: kind(mark) }))
  return [
    ...found(STATIC, mark => (mark === undefined ? 'static' : 'type')),
    ...found(CALL, mark => (mark === undefined ? 'lazy' : 'type')),
  ]
}

/** A relative import leads to a file that exists, or the check itself is broken; programs that tests write are texts. */
function resolved(from: string, to: string): string {
  if (isBuiltin(to)) return to.startsWith('node:') ? to : `bare ${to}`
  if (!to.startsWith('.')) return packageOf(to)
  const path = resolve(root, dirname(from), to)
  if (!existsSync(path) && !from.startsWith('test/')) throw new Error(`${from} imports ${to}, which does not exist`)
  return relative(root, path)
}

export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export const isPackage = ({ to }: Import): boolean => !to.includes(':') && !/\.(ts|mjs|json)$/.test(to)

export const published = ['core', 'local', 'aws', 'gcp', 'azure', 'cli'] as const

export const allImports = (folders: readonly string[] = published): readonly Import[] =>
  folders.flatMap(folder => sources(folder)).flatMap(importsOf)

export interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly scripts: Readonly<Record<string, string>>
}

export const manifest = JSON.parse(textOf('package.json')) as Manifest
