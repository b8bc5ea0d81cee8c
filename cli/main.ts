/**
 * The program: its global options, its commands, and the one place where answers and errors are printed.
 * @module
 */
import { Command, CommanderError } from 'commander'
import { RotationError, sanitise } from '../core/errors.ts'
import type { Answer } from './answer.ts'
import { addCommands } from './commands/index.ts'
import type { Io } from './io.ts'
import { runProcess } from './process.ts'
import { errorData, errorText } from './render/error.ts'
import { styleFor } from './render/style.ts'
import { ownWords, readable } from './run/words.ts'
import { type GlobalOptions, type Run, Session } from './session.ts'
import { usageError } from './usage.ts'
import { version } from './version.ts'

const INTERRUPTED = 130
/** `lockstep secret` alone: its help has been shown on stderr. */
const NOTHING_ASKED = 2

export const runAsProcess = (): Promise<void> => runProcess(main, (error, io) => fail(error, process.argv.slice(2), io))

/** Runs one command line; answers the exit code. Never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let exit = 0
  const program = programFor(io, async command => {
    exit = await perform(program.opts(), io, command)
  })
  try {
    await program.parseAsync(argv.length === 0 ? ['help'] : readable(argv), { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return NOTHING_ASKED
    exit = fail(error instanceof CommanderError ? usageError(error, argv) : error, argv, io)
  }
  return io.signal.aborted ? INTERRUPTED : exit
}

function programFor(io: Io, run: Run): Command {
  const program = new Command('lockstep')
    .description('Rotates secrets with zero downtime.')
    .option('--config <file>', 'the configuration (default: lockstep.yml in this folder)')
    .option('--env <name>', 'an environment of the configuration')
    .option('--json', 'one JSON object on stdout, nothing else')
    .option('--no-color', 'plain text; so does NO_COLOR')
    .option('--timeout <duration>', 'how long this command may take, such as 90s (default: 5m)')
    .version(version, '--version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false, subcommandTerm: command => command.name() })
    .configureOutput({
      writeOut: text => void io.stdout.write(text),
      writeErr: text => void io.stderr.write(text),
      outputError: () => {}, // said once, by `fail`
      getOutHasColors: () => false,
      getOutHelpWidth: () => 100,
    })
  addCommands(program, run)
  program.helpCommand('help [command]', 'what a command does, with examples')
  return program
}

async function perform(
  options: GlobalOptions,
  io: Io,
  command: (session: Session) => Promise<Answer>,
): Promise<number> {
  const session = new Session(io, options)
  try {
    const answer = await command(session)
    print(answer, session)
    return answer.exit ?? 0
  } finally {
    await session.close()
  }
}

function print({ data, text, next }: Answer, session: Session): void {
  const { io, style } = session
  const command = next === undefined ? undefined : session.commandLine(next)
  if (session.json) return void io.stdout.write(`${JSON.stringify({ ...data, next: command }, null, 2)}\n`)
  if (text !== '') io.stdout.write(`${text}\n`)
  if (command !== undefined) io.stderr.write(`${style.dim('Next:')} ${command}\n`)
}

/** Prints an error; answers its exit code. */
function fail(thrown: unknown, argv: readonly string[], io: Io): number {
  const error = thrown instanceof RotationError ? thrown : sanitise(thrown)
  const program = io.env.npm_command === 'exec' ? 'npx lockstep' : 'lockstep'
  if (ownWords(argv).includes('--json'))
    io.stdout.write(`${JSON.stringify({ error: errorData(error, program) }, null, 2)}\n`)
  else io.stderr.write(`${errorText(error, program, styleFor(io.stderr, io.env, !argv.includes('--no-color')))}\n`)
  return error.exitCode
}
