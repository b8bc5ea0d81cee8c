/**
 * `VAR=SECRET[:FIELD]` and `PATH=SECRET[:FIELD]`: what the program is to be given, and under which name.
 * @module
 */
import { isAbsolute, normalize } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import type { Workspace } from '../compose.ts'
import { type Located, locate } from '../locate.ts'

export interface Wanted {
  readonly as: 'variable' | 'file'
  /** Of the variable; or of the file, below the private folder. */
  readonly name: string
  readonly place: Located
  /** Undefined: the whole value. */
  readonly field: string | undefined
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Malformed, or no such secret in the configuration: `usage`. `store`: names are ids of that store. */
export function wanted(workspace: Workspace, as: Wanted['as'], text: string, store: string | undefined): Wanted {
  const [, name = '', of = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  const option = as === 'variable' ? '--env VAR=SECRET[:FIELD]' : '--file PATH=SECRET[:FIELD]'
  if (of === '') throw new RotationError('usage', `A secret is named as ${option}.`, { next: HELP })
  if (as === 'variable' && !VARIABLE_NAME.test(name))
    throw new RotationError('usage', `'${name}' is not the name of a variable.`)
  if (as === 'file' && !staysInside(name))
    throw new RotationError('usage', `The path '${name}' is not one below a folder.`, {
      next: 'Give a relative path. The program finds the folder in LOCKSTEP_FILES.',
    })
  const { id, field } = idAndField(workspace, of, store)
  return { as, name, place: locate(workspace, id, store), field }
}

const HELP = 'Run `lockstep run --help`.'

function staysInside(path: string): boolean {
  const plain = normalize(path)
  return path !== '' && !isAbsolute(plain) && !/^\.\.?([/\\]|$)/.test(plain) && !/[/\\]$/.test(plain)
}

/** The last colon parts them, unless the configuration knows a secret of the whole name. An id with colons ends with one. */
function idAndField({ config }: Workspace, text: string, store: string | undefined) {
  const colon = text.lastIndexOf(':')
  if (colon === -1 || (store === undefined && config.secrets.has(text))) return { id: text, field: undefined }
  return { id: text.slice(0, colon), field: text.slice(colon + 1) || undefined }
}
