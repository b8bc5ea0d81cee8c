/**
 * A cloud's own command-line tool: found on the PATH, and asked without a shell. On Windows such tools are `.cmd` files, which only
 * its own interpreter starts: it gets no argument that it could read as something else.
 * @module
 */
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import type { Io } from '../io.ts'

const LONGEST_ANSWER = 60_000
const MOST = 20_000_000

export interface Answered {
  readonly code: number | string
  /** What it wrote, as JSON; undefined if it is none. */
  readonly data: unknown
  /** For recognising what went wrong; never shown. */
  readonly complaint: string
}

export type Tool = (...args: readonly string[]) => Promise<Answered>

/** Absent from the PATH: undefined. */
export function findTool(name: string, { env, signal }: Io, platform: NodeJS.Platform = process.platform) {
  const file = onPath(name, env, platform)
  if (file === undefined) return undefined
  const run: Tool = (...args) =>
    new Promise(done => {
      const [command, words, verbatim] = commandOf(file, args, env, platform)
      const options = { env: env as NodeJS.ProcessEnv, signal, timeout: LONGEST_ANSWER, maxBuffer: MOST }
      execFile(command, words, { ...options, windowsVerbatimArguments: verbatim }, (error, stdout, stderr) =>
        done({ code: error ? (error.code ?? 'killed') : 0, data: parsed(stdout), complaint: stderr }),
      )
    })
  return run
}

function onPath(name: string, env: Io['env'], platform: NodeJS.Platform): string | undefined {
  const windows = platform === 'win32'
  const endings = windows ? (env.PATHEXT || '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';') : ['']
  const folders = (env.PATH ?? env.Path ?? '').split(windows ? ';' : ':').filter(Boolean)
  return folders.flatMap(folder => endings.map(ending => join(folder, `${name}${ending}`))).find(isProgram)
}

function isProgram(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true && (process.platform === 'win32' || (found.mode & 0o111) !== 0)
}

type Command = readonly [command: string, args: string[], verbatim: boolean]

export function commandOf(
  file: string,
  args: readonly string[],
  env: Io['env'],
  platform: NodeJS.Platform = process.platform,
): Command {
  if (platform !== 'win32' || !/\.(cmd|bat)$/i.test(file)) return [file, [...args], false]
  if ([file, ...args].some(word => /["%^&|<>!\r\n]/.test(word)))
    throw new RotationError('usage', 'A name holds a sign that the command interpreter of Windows reads as its own.', {
      next: 'Use names of letters, digits, hyphens and dots.',
    })
  const line = [file, ...args].map(word => `"${word}"`).join(' ')
  return [env.ComSpec || 'cmd.exe', ['/d', '/s', '/c', `"${line}"`], true]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The property of an answer, if it is a text. */
export const textAt = (data: unknown, ...path: readonly string[]): string | undefined => {
  const found = path.reduce<unknown>((inner, key) => Object(inner)[key], data)
  return typeof found === 'string' ? found : undefined
}

export const listOf = (data: unknown): readonly unknown[] => (Array.isArray(data) ? data : [])
