/**
 * Where `lockstep adopt` writes to.
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import type { Session } from '../session.ts'

const STDOUT = ['-', 'stdout']

interface Where {
  readonly out?: string
  readonly force?: boolean
}

/** Looked at first: nobody should wait for a list to be told that there is no place for it. Undefined: stdout. */
export function outFile(session: Session, { out, force }: Where): string | undefined {
  if (out !== undefined && STDOUT.includes(out)) return undefined
  const file = out === undefined ? session.configFile().file : resolve(session.io.cwd, out)
  if (existsSync(file) && !force)
    throw new RotationError('refused', `${relative(session.io.cwd, file) || file} exists, and is not replaced.`, {
      at: file,
      next: 'Give another file with --out, print it with --out stdout, or replace it with --force.',
    })
  return file
}

export function write(file: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    throw new RotationError('store-unavailable', `${file} cannot be written.`, {
      at: file,
      foreign: (error as { code?: string }).code,
      next: 'Name another file with --out, or print it with --out stdout.',
    })
  }
}
