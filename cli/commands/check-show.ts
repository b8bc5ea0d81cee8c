/**
 * `lockstep check --show`: the configuration as an environment makes it, and which line comes from where. It is the text of the file
 * merged, before anything is opened: keys and variables are named in it and not read.
 * @module
 */
import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { applyEnvironment, isMapping, ownValue } from '../../core/config/environment.ts'
import { type DataPath, pathText } from '../../core/config/problem.ts'
import { parseYaml } from '../../core/config/yaml.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import type { Answer } from '../answer.ts'
import type { Session } from '../session.ts'

export function showConfig(session: Session): Answer {
  // refuses what is wrong: nothing of a line that is no configuration is shown
  const { environment, fileName } = session.loadConfig()
  const source = parseYaml(readFileSync(session.configFile().file, 'utf8')).data
  const { data, layers } = applyEnvironment(source, environment)
  const { environments: _, ...merged } = data as Record<string, unknown>
  const origins = new Map(leavesOf(merged, []).map(path => [path, originOf(source, layers, path)] as const))
  const removed = layers.flatMap(layer =>
    layer.length === 0 ? [] : nullsOf(at(source, layer), []).map(path => [path, String(layer[1])] as const),
  )
  const gone = removed.filter(([path]) => at(merged, path) === undefined)
  return {
    data: {
      config: fileName,
      environment: environment ?? null,
      merged: merged as { [key: string]: Loggable },
      origins: named([...origins].filter(([, origin]) => origin !== undefined)),
      removed: named(gone),
    },
    text: [
      `# ${fileName}${environment === undefined ? '' : ` as ${environment} makes it`}`,
      ...annotated(merged, path => originOf(source, layers, path)),
      ...gone.map(([path, origin]) => `# removed by ${origin}: ${pathText(path)}`),
    ].join('\n'),
    next: 'check --connect',
  }
}

const named = (found: readonly (readonly [DataPath, string | undefined])[]): { [key: string]: string } =>
  Object.fromEntries(found.map(([path, origin]) => [pathText(path), origin!]))

const at = (data: unknown, path: DataPath): unknown => path.reduce(ownValue, data)

/** The strongest layer that says it, by the name of its environment; undefined: the file itself. Lists are replaced as a whole. */
function originOf(source: unknown, layers: readonly DataPath[], path: DataPath): string | undefined {
  const list = path.findIndex(part => typeof part === 'number')
  const whole = list === -1 ? path : path.slice(0, list)
  const saying = layers.filter(layer => at(source, [...layer, ...whole]) !== undefined)
  // a mapping grows: it is there because of the weakest layer that has it
  const layer = isMapping(at(source, [...(saying[0] ?? []), ...whole])) ? saying.at(-1) : saying[0]
  return layer === undefined || layer.length === 0 ? undefined : String(layer[1])
}

function leavesOf(data: unknown, path: DataPath): DataPath[] {
  if (!isMapping(data) || Object.keys(data).length === 0) return [path]
  return Object.entries(data).flatMap(([key, value]) => leavesOf(value, [...path, key]))
}

function nullsOf(data: unknown, path: DataPath): DataPath[] {
  if (data === null) return [path]
  return isMapping(data) ? Object.entries(data).flatMap(([key, value]) => nullsOf(value, [...path, key])) : []
}

/** YAML, with a comment where a line's key or item begins; what a text goes on with has none. */
function annotated(merged: unknown, origin: (path: DataPath) => string | undefined): readonly string[] {
  const text = stringify(merged, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()
  const written = parseYaml(text)
  const paths = new Map<number, DataPath>()
  for (const path of partsOf(merged, [])) {
    const line = written.find(path, 'key')?.line ?? written.find(path, 'value')?.line
    if (line !== undefined && path.length >= (paths.get(line)?.length ?? 0)) paths.set(line, path)
  }
  return text.split('\n').map((line, index) => {
    const path = paths.get(index + 1)
    const from = path && origin(path)
    return from === undefined ? line : `${line}  # ${from}`
  })
}

/** Every path, containers before what they hold. */
function partsOf(data: unknown, path: DataPath): DataPath[] {
  const inner = Array.isArray(data) ? [...data.entries()] : isMapping(data) ? Object.entries(data) : []
  const own = path.length === 0 ? [] : [path]
  return [...own, ...inner.flatMap(([key, value]) => partsOf(value, [...path, key]))]
}
