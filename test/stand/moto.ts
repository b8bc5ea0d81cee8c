/**
 * moto, an emulator of AWS by other people, from PyPI: a second opinion on Secrets Manager beside our own fake. It is wrong in
 * known ways (moto-deviations.ts). It runs no Lambda code.
 * @module
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { debianRoot } from './debs.ts'
import { longCommand, madeOnce } from './once.ts'
import { type ServerProcess, serve } from './process.ts'
import { atFreePort, freshFolder, orUnavailable, sh, standRoot, type Unavailable } from './stand.ts'

export interface Moto extends ServerProcess {
  /** For every service's client: `endpoint`, with any credentials. */
  readonly endpoint: string
  /** Forgets all secrets. */
  reset(): Promise<void>
}

// `moto[server]` without what only its other services need: a third of the size and of the time. What those bring in turn is
// pinned by moto.txt, because a table of deviations is about one version.
const file = path.join(import.meta.dirname, 'moto.txt')
const pinned = readFileSync(file, 'utf8')
const name = `moto-${createHash('sha256').update(pinned).digest('hex').slice(0, 8)}`

export const MOTO_VERSION = /^moto==(.+)$/m.exec(pinned)![1]!

/** No Python and no way to one: `{ unavailable }`. */
export const startMoto = (): Promise<Moto | Unavailable> => orUnavailable(`moto ${MOTO_VERSION}`, start)

async function start(): Promise<Moto> {
  const home = await madeOnce(path.join(standRoot(), 'pypi', name), install)
  return atFreePort(port => startAt(home, port))
}

async function startAt(home: string, port: number): Promise<Moto> {
  const endpoint = `http://127.0.0.1:${port}`
  const post = async (command: string, body = '') => {
    const answer = await fetch(`${endpoint}/moto-api/${command}`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`moto answered ${answer.status} to ${command}`)
  }
  const server = await serve({
    folder: freshFolder('moto'),
    command: path.join(home, 'bin/python'),
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    ready: () => post('config', '{"lambda":{"use_docker":false}}'),
    endSignal: 'KILL',
  })
  return { ...server, endpoint, reset: () => post('reset') }
}

async function install(folder: string): Promise<void> {
  const python = interpreter()
  await longCommand(python, ['-m', 'venv', '--without-pip', folder])
  const how = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', file]
  await longCommand(python, ['-m', 'pip', '--python', path.join(folder, 'bin/python'), ...how])
}

/** One that the servers' user can start and that can install; where the machine has none, Debian's. */
function interpreter(): string {
  for (const python of ['/usr/bin/python3', 'python3'])
    try {
      sh(python, ['-c', 'import ensurepip, pip, sys; assert sys.version_info >= (3, 10)'], { asServer: true })
      return python
    } catch {}
  return path.join(debianRoot('bookworm', 'python3-venv', 'python3-pip'), 'usr/bin/python3')
}
