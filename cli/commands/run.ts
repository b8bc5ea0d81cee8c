/**
 * `lockstep run`: any program, with secrets in its variables or in private files, also across rotations.
 * @module
 */
import { constants } from 'node:os'
import { type Command, Option } from 'commander'
import { type ExitCode, RotationError } from '../../core/errors.ts'
import { parseDuration } from '../../core/policy/duration.ts'
import type { Duration } from '../../core/ports/clock.ts'
import type { Answer } from '../answer.ts'
import { PrivateFiles } from '../run/hand-over.ts'
import { supervise } from '../run/supervise.ts'
import { Taking } from '../run/taking.ts'
import { type Wanted, wanted } from '../run/wanted.ts'
import { COMMAND, VARIABLE } from '../run/words.ts'
import type { Run, Session } from '../session.ts'

interface RunOptions {
  readonly variable: readonly string[]
  readonly file: readonly string[]
  readonly store?: string
  readonly watch?: boolean
  readonly interval: string
  readonly restart?: boolean
  readonly signal?: string
  readonly gracePeriod: string
}

const repeated = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export function addRun(program: Command, run: Run): void {
  program
    .command('run')
    .usage('[options] -- CMD ARGS...')
    .argument('[words...]')
    .summary('start a program with secrets, and follow their rotation')
    .description(
      [
        'Starts a program of any language with secrets in variables (--env) or in private files (--file), never in its arguments.',
        'Its streams are yours, signals are handed on, and its exit code is the answer.',
        'Without --watch it keeps what it was started with, also when that has ended at the target.',
        'With --watch the store is looked at again and again: after a rotation the program is restarted (SIGTERM, the grace period, SIGKILL, start), or its file is rewritten and a signal sent.',
      ].join(' '),
    )
    .addOption(new Option('--env <VAR=SECRET[:FIELD]>', 'a variable of the program; repeatable'))
    .addOption(new Option(`${VARIABLE} <text>`).argParser(repeated).default([]).hideHelp())
    .addOption(new Option(COMMAND).hideHelp())
    .addOption(
      new Option(
        '--file <PATH=SECRET[:FIELD]>',
        'a file (0600) below a private folder, its $LOCKSTEP_FILES; repeatable',
      )
        .argParser(repeated)
        .default([], 'none'),
    )
    .option('--store <store>', 'the names are any ids of this store; one that holds a colon ends with one')
    .option('--watch', 'follow rotations')
    .option('--interval <duration>', 'how often to look, give or take a tenth', '30s')
    .addOption(new Option('--restart', 'on a change; the default if there is a variable').conflicts('signal'))
    .option('--signal <name>', 'on a change, after its files are rewritten; none is sent unless you name one')
    .option('--grace-period <duration>', 'between SIGTERM and SIGKILL of a restart', '10s')
    .addHelpText(
      'after',
      `
FIELD is username, password, host, port or url, or a field of the JSON by its name; without it, the
whole value. What the value does not say (engine, host, port, dbname) comes from the target's
endpoint in lockstep.yml. The private folder is removed at the end.

Examples:
  lockstep run --env DATABASE_URL=orders-db:url -- ./server
  lockstep run --watch --env PGUSER=orders-db:username --env PGPASSWORD=orders-db:password -- ./app
  lockstep run --watch --file db.json=orders-db -- sh -c 'exec java -jar app.jar $LOCKSTEP_FILES/db.json'
  lockstep run --watch --signal SIGHUP --file pw=pool:password -- sh -c 'exec pooler $LOCKSTEP_FILES/pw'
  lockstep run --env prod --env TOKEN=api-token -- ./job      prod: an environment of lockstep.yml

On a change a program with a variable is restarted; one with files only has them rewritten, each at
once and whole, and is to read them again: at every connection, or at the signal. A store that
cannot be read leaves the program alone.

Exit codes: the program's own; 128 + n if signal n ended it; 127 not found; 126 not executable. If
its secrets cannot be read it is not started: the code is ours then (lockstep help exit-codes).`,
    )
    .action((words: readonly string[], options: RunOptions) => run(session => runCommand(session, words, options)))
}

async function runCommand(session: Session, words: readonly string[], options: RunOptions): Promise<Answer> {
  const { io } = session
  const [file, ...args] = words
  if (session.json) throw new RotationError('usage', 'stdout belongs to the program: there is no --json.')
  if (file === undefined || !('commandFollows' in options))
    throw new RotationError('usage', 'Which program? It follows `--`: lockstep run [options] -- CMD ARGS.')
  const all = wantedBy(session, options)
  const { interval, gracePeriod } = timesOf(options)
  const onChange = reactionOf(options)
  const files = all.some(({ as }) => as === 'file') ? new PrivateFiles() : undefined
  try {
    const taking = new Taking(session, all, files)
    const first = await session.working('reading the secrets', () => taking.take(io.signal))
    const say = (line: string) => session.say(`lockstep: ${line}`)
    const look = (signal: AbortSignal) => taking.take(signal)
    const code = await supervise({
      command: { words: [file, ...args], cwd: io.cwd, say },
      env: first!.env,
      terminal: io.stdin.isTTY === true,
      watch: options.watch ? { interval, clock: io.clock, look, say } : undefined,
      onChange,
      gracePeriod,
    })
    return { data: {}, text: '', exit: code as ExitCode } // the program's, not one of ours
  } finally {
    files?.remove()
  }
}

function wantedBy({ workspace }: Session, { variable, file, store }: RunOptions): readonly Wanted[] {
  const all = [
    ...variable.map(text => wanted(workspace, 'variable', text, store)),
    ...file.map(text => wanted(workspace, 'file', text, store)),
  ]
  if (all.length === 0)
    throw new RotationError(
      'usage',
      'Which secrets? Name them with --env VAR=SECRET[:FIELD] or --file PATH=SECRET[:FIELD].',
    )
  return all
}

/** A running program sees a new file, and never a new variable. */
function reactionOf({ watch, restart, signal, variable }: RunOptions): 'restart' | 'rewrite' | NodeJS.Signals {
  if (!watch && (restart || signal)) throw new RotationError('usage', 'Without --watch nothing is followed: add it.')
  if (signal === undefined) return restart || variable.length > 0 ? 'restart' : 'rewrite'
  if (!(signal in constants.signals)) throw new RotationError('usage', `There is no signal ${signal}, such as SIGHUP.`)
  if (variable.length > 0)
    throw new RotationError(
      'usage',
      'A running program sees no new variable: --restart instead of --signal, or --file.',
    )
  return signal as NodeJS.Signals
}

function timesOf(options: RunOptions): { readonly interval: Duration; readonly gracePeriod: Duration } {
  const [interval, gracePeriod] = [options.interval, options.gracePeriod].map(parseDuration)
  if (!interval || gracePeriod === undefined)
    throw new RotationError('usage', '--interval and --grace-period need a duration such as 30s.')
  return { interval, gracePeriod }
}
