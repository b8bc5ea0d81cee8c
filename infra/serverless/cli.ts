/**
 * A cloud's own command-line tool: run without a shell, its output shown; or, dry, only written down.
 * @module
 */
import { spawn } from 'node:child_process'
import { type Log, Refusal } from './framework.ts'

export type Run = (command: 'gcloud' | 'az', args: readonly string[]) => Promise<void>

export const dry =
  (log: Log): Run =>
  async (command, args) =>
    log.notice([command, ...args.map(quoted)].join(' '))

/** On Windows both tools are scripts that only its shell runs, which is given no argument that it could read as its own. */
export const wet =
  (cwd: string): Run =>
  (command, args) =>
    new Promise((done, failed) => {
      const shell = process.platform === 'win32'
      if (shell && args.some(arg => /["%^&|<>!\r\n]/.test(arg)))
        return failed(
          new Refusal(`An argument of ${command} holds a sign that the shell of Windows would read as its own.`),
        )
      const child = spawn(command, shell ? args.map(quoted) : args, { cwd, stdio: 'inherit', shell })
      child.once('error', ({ code }: NodeJS.ErrnoException) =>
        failed(
          new Refusal(
            code === 'ENOENT'
              ? `${command} is not installed, or not on the PATH.`
              : `${command} does not start: ${code}.`,
          ),
        ),
      )
      child.once('exit', (code, signal) => {
        if (code === 0) done()
        else
          failed(
            new Refusal(
              `${command} ${args.slice(0, 3).join(' ')} ended with ${signal ?? code}; what it said stands above.`,
            ),
          )
      })
    })

const quoted = (arg: string): string => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `"${arg}"`)
