/**
 * `lockstep.yml` from text to a checked configuration.
 * @module
 */
import { crossCheck } from './cross-check.ts'
import { applyEnvironment } from './environment.ts'
import { type DataPath, type Problem, refusal } from './problem.ts'
import { resolveConfig } from './resolve.ts'
import type { Config } from './types.ts'
import { validate } from './validate.ts'
import { parseYaml, type YamlData } from './yaml.ts'

export interface LoadOptions {
  /** Where the text comes from: in messages, and what relative paths count from. */
  readonly fileName: string
  /** The name of an environment. */
  readonly environment?: string | undefined
}

/** Fills in where a problem stands: itself, or the nearest part around it, in the strongest layer that has it. */
function locate(problem: Problem, yaml: YamlData, layers: readonly DataPath[]): Problem {
  if (problem.position !== undefined) return problem
  for (let length = problem.path.length; length >= 0; length--) {
    const what = problem.aboutKey && length === problem.path.length ? 'key' : 'value'
    for (const layer of layers) {
      const position = yaml.find([...layer, ...problem.path.slice(0, length)], what)
      if (position !== undefined) return { ...problem, position }
    }
  }
  return problem
}

function read(
  yaml: YamlData,
  { fileName, environment }: LoadOptions,
): { config?: Config; problems: readonly Problem[] } {
  if (yaml.problems.length > 0) return { problems: yaml.problems.map(problem => locate(problem, yaml, [[]])) }
  const { data, layers, problems: overlayProblems } = applyEnvironment(yaml.data, environment)
  const { input, problems: schemaProblems } = validate(data)
  const problems = [...overlayProblems, ...schemaProblems]
  const located = () => problems.map(problem => locate(problem, yaml, layers))
  // Checks across keys would only repeat what a wrong key caused.
  if (input === undefined || problems.length > 0) return { problems: located() }
  const report = (path: DataPath, says: string): unknown => problems.push({ path, says })
  const config = resolveConfig(input, { fileName, environment, report })
  crossCheck(config, report)
  return problems.length > 0 ? { problems: located() } : { config, problems }
}

/** The configuration. Otherwise `config-invalid`, whose message lists every problem with line, column and path, and no value. */
export function loadConfig(text: string, options: LoadOptions): Config {
  const { config, problems } = read(parseYaml(text), options)
  if (config === undefined) throw refusal(options.fileName, problems)
  return config
}
