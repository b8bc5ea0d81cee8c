/**
 * `lockstep help exit-codes`: what the exit codes mean, from the table of errors.
 * @module
 */
import type { Command } from 'commander'
import { type ErrorCode, type ExitCode, errorCodes } from '../../core/errors.ts'
import { labelled } from '../render/block.ts'
import type { Run } from '../session.ts'

const meanings: Readonly<Record<0 | ExitCode, string>> = {
  0: 'done, or nothing to do',
  1: 'a fault in Lockstep',
  2: 'command line, configuration or keys: nothing was tried',
  3: 'waiting: nothing is wrong, run it again later',
  4: 'a person must act first; nothing was harmed',
  5: 'not this time: the same command again is safe, and may succeed',
  6: 'stopped: it needs a person now',
  130: 'interrupted; run it again, it finishes what was begun',
}

const codesOf = (exit: number): ErrorCode[] =>
  (Object.keys(errorCodes) as ErrorCode[]).filter(code => errorCodes[code].exit === exit)

export const exitCodesText = (): string =>
  labelled(
    Object.entries(meanings).map(([exit, meaning]) => [exit, [meaning, ...wrapped(codesOf(Number(exit)))].join('\n')]),
  )

/** Lists of codes, in lines that fit a terminal. */
function wrapped(codes: readonly string[]): string[] {
  const lines: string[] = []
  for (const code of codes) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + code.length < 80) lines[lines.length - 1] = `${last}, ${code}`
    else lines.push(code)
  }
  return lines
}

export function addExitCodes(program: Command, run: Run): void {
  program
    .command('exit-codes')
    .summary('what the exit codes mean')
    .description('Exit codes, each with the error codes that lead to it.')
    .addHelpText('after', () => `\n${exitCodesText()}`)
    .action(() =>
      run(async () => ({
        data: {
          exit_codes: Object.entries(meanings).map(([code, meaning]) => ({
            code: Number(code),
            meaning,
            errors: codesOf(Number(code)),
          })),
        },
        text: exitCodesText(),
      })),
    )
}
