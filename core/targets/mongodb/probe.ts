/**
 * Commands that the application must be able to run. They are run on every endpoint and cannot be undone, so they only read.
 * @module
 */
import { RotationError } from '../../errors.ts'
import type { Probe } from './options.ts'

const READS = [
  ...['ping', 'hello', 'connectionStatus', 'buildInfo', 'dbStats', 'collStats', 'listCollections', 'listIndexes'],
  ...['find', 'count', 'distinct', 'aggregate'],
]

/** Not JSON, not a command, or not one that reads: `config-invalid`. */
export function parseProbe(text: string, authSource: string): Probe {
  const parsed = parse(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw invalid('A probe of a MongoDB target must be a command as a JSON object.')
  const { $db = authSource, ...command } = parsed as Record<string, unknown>
  if (typeof $db !== 'string' || $db === '') throw invalid('$db of a probe must be the name of a database.')
  // the server takes the first key for the name of the command
  const [name] = Object.keys(command)
  if (name === undefined || !READS.includes(name))
    throw invalid(`A probe of a MongoDB target must be one of these commands: ${READS.join(', ')}.`)
  if (/"\$(out|merge)"/.test(JSON.stringify(command))) throw invalid('A probe may not write: it has $out or $merge.')
  return { database: $db, command }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const invalid = (message: string): RotationError => new RotationError('config-invalid', message)
