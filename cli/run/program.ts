/**
 * A program that we started: its streams are ours, and its end is told as a shell tells it.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Clock, Duration } from '../../core/ports/clock.ts'
import type { Environment } from './hand-over.ts'

export const NOT_FOUND = 127
export const NOT_EXECUTABLE = 126
const BY_SIGNAL = 128

export interface Command {
  readonly words: readonly [string, ...string[]]
  readonly cwd: string
  /** Told why it could not be started. */
  readonly say: (line: string) => void
}

export interface Program {
  /** The exit code: its own; 128 + n after signal n; 127, it was not found; 126, it cannot be executed. Never rejects. */
  readonly ended: Promise<number>
  /** After its end: nothing. */
  signal(name: NodeJS.Signals): void
  /** SIGTERM; after `patience` SIGKILL. */
  end(patience: Duration, clock: Clock): Promise<number>
}

export function start({ words: [file, ...args], cwd, say }: Command, env: Environment): Program {
  const child = spawn(file, args, { cwd, env: { ...env }, stdio: 'inherit' })
  const ended = endOf(child, (code, foreign) =>
    say(`${file} ${code === NOT_FOUND ? 'was not found' : `cannot be executed (${foreign})`}.`),
  )
  const signal = (name: NodeJS.Signals): void => void child.kill(name)
  return {
    ended,
    signal,
    async end(patience, clock) {
      const over = new AbortController()
      signal('SIGTERM')
      const impatient = clock.sleep(patience, over.signal).then(
        () => signal('SIGKILL'),
        () => {}, // it has ended
      )
      const code = await ended
      over.abort()
      await impatient
      return code
    },
  }
}

function endOf(child: ChildProcess, failed: (code: number, foreign: string | undefined) => void): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  child.on('error', ({ code: foreign }: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return // a signal could not be sent; it runs on
    const code = foreign === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE
    failed(code, foreign)
    resolve(code)
  })
  child.once('exit', (code, signal) => resolve(code ?? BY_SIGNAL + constants.signals[signal!]))
  return promise
}
