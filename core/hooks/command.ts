/**
 * A program of one's own, on the machine that runs Lockstep: an argument vector, no shell. It is given names, never a value, and of
 * the environment only what it needs: a key of Lockstep's may be in there.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { RotationError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../ports/promotion-hook.ts'

export interface CommandOptions {
  readonly run: readonly string[]
  /** Further variables that it is handed on. */
  readonly pass: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Where programs are, whose they are, and in which language they speak. */
const ALWAYS = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SystemRoot', 'ComSpec']
/** As sysexits has it: not yet, try again. */
const NOT_YET = 75
const MERCY = 2_000

/** Exit code 0: done. 75: under way. Any other: `refused`. Not ended in time: it is killed, with its children: `target-unreachable`. */
export const command = ({ run, pass, env }: CommandOptions, clock: Clock): PromotionHook => ({
  // Only the program itself could know, and it says nothing but its exit code.
  asks: false,
  async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
    const [program = '', ...args] = run.map(word => filled(word, promotion))
    const handed = Object.fromEntries([...ALWAYS, ...pass].map(name => [name, env[name]]))
    const { secret, version, consumer } = promotion
    const names = { LOCKSTEP_SECRET: secret, LOCKSTEP_VERSION: version, LOCKSTEP_CONSUMER: consumer }
    const child = spawn(program, args, {
      env: { ...handed, ...names },
      stdio: 'ignore',
      // A group of its own, so that its children end with it.
      detached: true,
    })
    return answerOf(await ended(child, call, clock), program)
  },
})

const filled = (word: string, { secret, version, consumer }: Promotion): string =>
  word.replace(/\{(secret|version|consumer)\}/g, (_, name) => ({ secret, version, consumer })[name as 'secret'])

type Ending = { readonly code: number | null } | { readonly failed: string | undefined } | 'late' | 'aborted'

async function ended(child: ChildProcess, { signal, deadline }: HookCall, clock: Clock): Promise<Ending> {
  const over = new AbortController()
  const ending = new Promise<Ending>(resolve => {
    child.once('error', ({ code }: NodeJS.ErrnoException) => resolve({ failed: code }))
    child.once('exit', code => resolve({ code }))
  })
  const stopping = AbortSignal.any([signal, over.signal])
  const late = clock.sleep(Math.max(0, deadline - clock.now()), stopping).then(
    () => 'late' as const,
    () => 'aborted' as const,
  )
  const first = await Promise.race([ending, late])
  if (first === 'late' || first === 'aborted') await end(child, ending, clock)
  over.abort()
  return first
}

async function end(child: ChildProcess, ending: Promise<Ending>, clock: Clock): Promise<void> {
  const mercy = new AbortController()
  kill(child, 'SIGTERM')
  const patience = clock.sleep(MERCY, mercy.signal).then(
    () => kill(child, 'SIGKILL'),
    () => {},
  )
  await ending
  mercy.abort()
  await patience
  // Children that outlived it.
  kill(child, 'SIGKILL')
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

function answerOf(ending: Ending, program: string): HookAnswer {
  const detail = { at: program }
  if (ending === 'aborted') throw new RotationError('aborted', 'The run was interrupted.')
  if (ending === 'late') throw new RotationError('target-unreachable', 'The command did not end in time.', detail)
  if ('failed' in ending)
    throw new RotationError('config-invalid', 'The command cannot be run.', { ...detail, foreign: ending.failed })
  if (ending.code === 0) return 'done'
  if (ending.code === NOT_YET) return 'under-way'
  const how = ending.code === null ? 'was killed' : `ended with exit code ${ending.code}`
  throw new RotationError('refused', `The command ${how}.`, detail)
}
