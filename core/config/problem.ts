/**
 * One thing that is wrong with a configuration. Names keys and places, never a value: a password may stand in the wrong line.
 * @module
 */
import { RotationError } from '../errors.ts'

export type DataPath = readonly (string | number)[]

export interface Position {
  readonly line: number
  readonly column: number
}

export interface Problem {
  readonly path: DataPath
  readonly says: string
  /** About the key itself, not what stands behind it. */
  readonly aboutKey?: boolean | undefined
  /** Where it stands; found by `path` if left out. */
  readonly position?: Position | undefined
}

const MAX_SHOWN = 50
const MAX_WORD = 60

/** A key as messages show it: short, on one line, without control characters. */
function word(key: string): string {
  const short = key.length > MAX_WORD ? `${key.slice(0, MAX_WORD)}…` : key
  return /^[\w./$-]+$/.test(short) ? short : JSON.stringify(short)
}

/** `secrets.orders.target.endpoints[0].host`; different paths have different texts. */
export const pathText = (path: DataPath): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${word(part)}`)).join('')

function lineOf(fileName: string, { path, says, position }: Problem): string {
  const place = position === undefined ? fileName : `${fileName}:${position.line}:${position.column}`
  return `  ${place} ${path.length === 0 ? '' : `${pathText(path)}: `}${says}`
}

/** The refusal that lists all problems, in the order of the file. */
export function refusal(fileName: string, problems: readonly Problem[]): RotationError {
  const rank = ({ position }: Problem): number => (position === undefined ? 0 : position.line * 1e6 + position.column)
  const lines = [...problems].sort((a, b) => rank(a) - rank(b)).map(problem => lineOf(fileName, problem))
  const count = lines.length === 1 ? 'one problem' : `${lines.length} problems`
  const more = lines.length > MAX_SHOWN ? [`  … and ${lines.length - MAX_SHOWN} more`] : []
  const text = [`${fileName} cannot be used, ${count}:`, ...lines.slice(0, MAX_SHOWN), ...more].join('\n')
  return new RotationError('config-invalid', text, { at: fileName })
}
