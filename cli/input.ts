/**
 * How a value comes in: from a file, from stdin, or typed where nobody sees it. Never as an argument.
 * @module
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RotationError } from '../core/errors.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import type { Input, Io } from './io.ts'
import type { Session } from './session.ts'

/** Above every store's limit: what is longer was meant to be something else. */
const MAX_BYTES = 1_000_000
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const ERASE = ['\u007f', '\b']

/** `-` or nothing: stdin, or a prompt if that is a terminal. One line break at the end is not part of the value. */
export async function readValue(session: Session, file: string | undefined, secret: string): Promise<SecretValue> {
  const bytes =
    file === undefined || file === '-' ? await fromStdin(session, secret) : fromFile(session.io, file, secret)
  const text = decode(bytes, secret).replace(/\r?\n$/, '')
  if (text === '') throw new RotationError('value-unsuitable', 'The value is empty.', { secret, next: HOW })
  return SecretValue.of(text)
}

const HOW = 'Give the value on stdin or with --file.'

function fromFile(io: Io, file: string, secret: string): Uint8Array {
  try {
    return readFileSync(resolve(io.cwd, file))
  } catch {
    throw new RotationError('usage', `The file ${file} cannot be read.`, { secret, at: file })
  }
}

async function fromStdin(session: Session, secret: string): Promise<Uint8Array> {
  const { io } = session
  if (io.stdin.isTTY) return Buffer.from(await prompt(io, `Value of ${secret} (not shown): `))
  return session.working(`${secret}: waiting for the value on stdin`, () => drain(io, secret))
}

async function drain({ stdin, signal }: Io, secret: string): Promise<Uint8Array> {
  signal.addEventListener('abort', () => stdin.destroy?.(interrupted()), { once: true })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    chunks.push(bytes)
    size += bytes.byteLength
    if (size > MAX_BYTES) throw new RotationError('value-unsuitable', 'The value is too long.', { secret })
  }
  return Buffer.concat(chunks)
}

/** What is not text would be stored as something else than it was. */
function decode(bytes: Uint8Array, secret: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new RotationError('value-unsuitable', 'The value is not UTF-8 text.', { secret })
  }
}

/** One line from the terminal, without an echo. */
async function prompt(io: Io, question: string): Promise<string> {
  const { stdin, stderr } = io
  stderr.write(question)
  stdin.setRawMode?.(true)
  try {
    return await typedLine(stdin)
  } finally {
    stdin.setRawMode?.(false)
    stderr.write('\n')
  }
}

const interrupted = (): RotationError => new RotationError('aborted', 'Interrupted; nothing was stored.')

async function typedLine(stdin: Input): Promise<string> {
  const decoder = new TextDecoder()
  const line: string[] = []
  for await (const chunk of stdin) {
    for (const key of typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })) {
      if (key === '\r' || key === '\n' || key === CTRL_D) return line.join('')
      if (key === CTRL_C) throw interrupted()
      if (ERASE.includes(key)) line.pop()
      else line.push(key)
    }
  }
  return line.join('')
}
