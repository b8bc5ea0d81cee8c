/**
 * One program from its start to its end, over as many rotations as happen meanwhile.
 * @module
 */
import type { Duration } from '../../core/ports/clock.ts'
import type { Environment } from './hand-over.ts'
import { type Command, type Program, start } from './program.ts'
import { forward } from './signals.ts'
import { nextChange, type Watch } from './watch.ts'

/** The variables for the next start, and the names of the secrets that have changed. */
export interface Change {
  readonly env: Environment
  readonly names: string
}

export interface Job {
  readonly command: Command
  readonly env: Environment
  /** Whether a person sits at a terminal. */
  readonly terminal: boolean
  /** Undefined: what changes later is not its concern. */
  readonly watch: Watch<Change> | undefined
  readonly onChange: 'restart' | 'rewrite' | NodeJS.Signals
  readonly gracePeriod: Duration
}

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT']

/** Answers the exit code of the program, of its last start. */
export async function supervise(job: Job): Promise<number> {
  const { command, watch, onChange } = job
  let program = start(command, job.env)
  let askedToEnd = false
  const restore = forward(job.terminal, name => {
    askedToEnd ||= ENDING.includes(name)
    return program
  })
  try {
    for (;;) {
      const change = await changeDuring(program, watch)
      if (typeof change === 'number') return change
      watch!.say(`${change.names} has changed: ${reaction(onChange)}.`)
      if (onChange === 'restart') {
        askedToEnd = false
        const code = await program.end(job.gracePeriod, watch!.clock)
        if (askedToEnd) return code
        program = start(command, change.env)
      } else if (onChange !== 'rewrite') program.signal(onChange)
    }
  } finally {
    restore()
  }
}

const reaction = (onChange: Job['onChange']): string =>
  ({ restart: 'the program is restarted', rewrite: 'its file is rewritten' })[onChange as string] ??
  `its file is rewritten, ${onChange} sent`

/** The exit code, or what has changed: whichever comes first. */
async function changeDuring(program: Program, watch: Watch<Change> | undefined): Promise<number | Change> {
  if (!watch) return program.ended
  const over = new AbortController()
  const change = nextChange(watch, over.signal)
  change.catch(() => {}) // aborted below
  try {
    return await Promise.race([program.ended, change])
  } finally {
    over.abort()
  }
}
