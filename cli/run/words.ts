/**
 * The words of `lockstep run … -- CMD ARGS`: which are ours, and which are another program's.
 * @module
 */

/** A hidden option of `run`. Behind it the parser keeps the `--`, and takes nothing that follows for an option of ours. */
export const COMMAND = '--command-follows'
/** What `run` calls `--env VAR=SECRET` inside, because `--env NAME` is the environment of the configuration. */
export const VARIABLE = '--variable'

const WITH_VALUE = ['--config', '--env', '--timeout']
const IS_VARIABLE = /^[^=]*=/

/** The command line as our parser can read it. Of any other command: unchanged. */
export function readable(argv: readonly string[]): readonly string[] {
  const own = ownWords(argv)
  if (commandOf(own) !== 'run') return argv
  const command = argv.slice(own.length)
  return [...own.map(variable), ...(command.length > 0 ? [COMMAND, ...command] : [])]
}

/** What stands in front of `--`: what follows it may look like an option of ours, and is none. */
export const ownWords = (argv: readonly string[]): readonly string[] =>
  argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv

const commandOf = (own: readonly string[]): string | undefined =>
  own.find((word, index) => !word.startsWith('-') && !WITH_VALUE.includes(own[index - 1] ?? ''))

function variable(word: string, index: number, own: readonly string[]): string {
  if (word === '--env' && IS_VARIABLE.test(own[index + 1] ?? '')) return VARIABLE
  const glued = word.startsWith('--env=') ? word.slice('--env='.length) : ''
  return IS_VARIABLE.test(glued) ? `${VARIABLE}=${glued}` : word
}
