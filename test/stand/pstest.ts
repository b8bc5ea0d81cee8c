/**
 * pstest, Google's own server of Pub/Sub for tests, written in Go: another opinion on what the official client sends. It cannot push.
 * Built into the stand at first use, by the machine's Go and its module proxy; a minute, 21 MB.
 * @module
 */
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { longCommand, madeOnce } from './once.ts'
import { serve } from './process.ts'
import { freshFolder, orUnavailable, standRoot, type Unavailable } from './stand.ts'

const source = path.join(import.meta.dirname, 'pstest')
const FILES = ['main.go', 'go.mod', 'go.sum']

export const PSTEST_VERSION = /pubsub\/v2 (v[\d.]+)/.exec(readFileSync(path.join(source, 'go.mod'), 'utf8'))![1]!

export interface Pstest {
  /** For PUBSUB_EMULATOR_HOST. */
  readonly address: string
  stop(): Promise<void>
}

/** No Go on this machine, or no way to its module proxy: `{ unavailable }`. */
export const startPstest = (): Promise<Pstest | Unavailable> => orUnavailable(`pstest ${PSTEST_VERSION}`, start)

async function start(): Promise<Pstest> {
  const hash = createHash('sha256')
  for (const file of FILES) hash.update(readFileSync(path.join(source, file)))
  const name = `pstest-${hash.digest('hex').slice(0, 8)}`
  const folder = await madeOnce(path.join(standRoot(), 'go', name), build)
  const running = freshFolder('pstest')
  const address = () => /^127\.0\.0\.1:\d+$/m.exec(readFileSync(path.join(running, 'server.log'), 'utf8'))![0]
  const server = await serve({
    folder: running,
    command: path.join(folder, 'pstest'),
    // it takes a free port itself, and says which
    args: ['127.0.0.1:0'],
    ready: async () => void address(),
    endSignal: 'KILL',
  })
  return { address: address(), stop: () => server.stop() }
}

async function build(folder: string): Promise<void> {
  for (const file of FILES) cpSync(path.join(source, file), path.join(folder, file))
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' }
  await longCommand('go', ['build', '-C', folder, '-trimpath', '-buildvcs=false', '-o', 'pstest', '.'], env)
  chmodSync(path.join(folder, 'pstest'), 0o755)
}
