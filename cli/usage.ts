/**
 * What is wrong with a command line, as one of our errors.
 * @module
 */
import type { CommanderError } from 'commander'
import { RotationError } from '../core/errors.ts'

/** Values in arguments are cut off: somebody may have typed a password there. */
export function usageError({ code, message }: CommanderError, argv: readonly string[]): RotationError {
  const [first = '', ...more] = message.replace(/^error: /, '').split('\n')
  const suggestion = more
    .join(' ')
    .replace(/^\(|\)$/g, '')
    .trim()
  if (code === 'commander.excessArguments') return tooMany(argv)
  const what = first.replace(/=[^']*'/, "=…'")
  const said = `${what.charAt(0).toUpperCase()}${what.slice(1)}${/[.?]$/.test(what) ? '' : '.'}`
  const help = code === 'commander.unknownCommand' ? '`lockstep help`' : `\`lockstep help ${commandOf(argv)}\``
  const next = `${suggestion ? `${suggestion} ` : ''}Run ${help.replace(' `', '`')}.`
  return new RotationError('usage', said, { next })
}

const commandOf = (argv: readonly string[]): string => argv.find(word => !word.startsWith('-')) ?? ''

function tooMany(argv: readonly string[]): RotationError {
  if (commandOf(argv) !== 'secret') return new RotationError('usage', 'Too many arguments.')
  return new RotationError(
    'usage',
    'A value is never given on the command line, where every user of the machine sees it.',
    {
      next: 'Consider it leaked. Use stdin or --file: `lockstep help secret`.',
    },
  )
}
