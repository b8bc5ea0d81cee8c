/**
 * How values reach the program: in its variables, and in files that only this user can read. Never in its arguments.
 * @module
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Config, KeySource } from '../../core/config/types.ts'
import { RotationError } from '../../core/errors.ts'
import type { Held } from './held.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The variables of the program: ours, without the keys of our stores, and with the values. */
export function variables(env: Environment, config: Config, held: readonly Held[], folder?: string): Environment {
  const given: Record<string, string | undefined> = { ...env }
  for (const name of keyVariables(config)) delete given[name]
  for (const { wanted, value } of held) {
    if (wanted.as !== 'variable') continue
    given[wanted.name] = textFor(value.reveal(), wanted.place.name)
  }
  if (folder !== undefined) given.LOCKSTEP_FILES = folder
  return given
}

/** Starting a program with one would put the value into an error. */
function textFor(text: string, secret: string): string {
  if (!text.includes('\0')) return text
  throw new RotationError('value-unsuitable', 'The value holds a NUL, which no variable can.', {
    secret,
    next: 'Use --file.',
  })
}

/** The program needs the values, not what opens the store. */
function keyVariables({ stores, fingerprintKey }: Config): readonly string[] {
  const keys: (KeySource | undefined)[] = [fingerprintKey]
  for (const store of stores.values()) if (store.kind === 'local') keys.push(store.key)
  return keys.flatMap(key => (key && 'env' in key ? [key.env] : []))
}

/** A folder (0700) of files (0600), which `remove` takes away; so does the end of this process. */
export class PrivateFiles {
  readonly folder: string
  readonly #atExit = () => this.remove()
  #count = 0

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'lockstep-run-'))
    process.once('exit', this.#atExit)
  }

  /** Whoever reads meanwhile reads the old or the new file, whole. */
  write(held: readonly Held[]): void {
    for (const { wanted, value } of held) {
      if (wanted.as !== 'file') continue
      const path = join(this.folder, wanted.name)
      const making = join(this.folder, `.making-${++this.#count}`)
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(making, value.reveal(), { mode: 0o600, flag: 'wx' })
      renameSync(making, path)
    }
  }

  remove(): void {
    process.off('exit', this.#atExit)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
