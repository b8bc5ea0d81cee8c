/**
 * The real process as an `Io`: signals, streams that may break, faults that nobody caught.
 * @module
 */
import { systemClock } from '../core/ports/clock.ts'
import type { Input, Io } from './io.ts'

const INTERRUPTED = 130

/** Runs `main` with this process's arguments, and ends the process with its exit code. */
export async function runProcess(
  main: (argv: readonly string[], io: Io) => Promise<number>,
  report: (error: unknown, io: Io) => number,
): Promise<void> {
  const io = processIo()
  const fault = (error: unknown): void => process.exit(report(error, io))
  process.on('uncaughtException', fault)
  process.on('unhandledRejection', fault)
  const code = await main(process.argv.slice(2), io)
  // A socket or a prompt that is still open must not hold a finished command.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', forgiveClosedPipe)
  const { stdout, stderr, env } = process
  const stdin: Input = process.stdin
  return { stdout, stderr, stdin, env, cwd: process.cwd(), clock: systemClock, signal: interruption() }
}

/** `lockstep status | head`: a reader that has gone is no reason to stop a rotation, nor to complain. */
function forgiveClosedPipe(error: Error & { code?: string }): void {
  if (error.code !== 'EPIPE') throw error
}

/** The first signal asks the run to stop where that is safe, the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED)
      process.stderr.write('\nInterrupted: finishing the step. Press Ctrl-C again to kill.\n')
      controller.abort()
    })
  return controller.signal
}
