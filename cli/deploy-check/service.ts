/**
 * What `serverless.yml` and the cloud's `service.yml` say of a deployment: the stages, the region, the schedules, with parameters
 * filled in as the framework does.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import type { Cloud } from '../../core/functions/configuration.ts'
import { scheduleProblem, timeZoneProblem } from '../../core/functions/schedule.ts'
import { stageProblem } from '../../core/functions/stage.ts'
import { type Finding, missing, ok, wrong } from './finding.ts'

type Parameters = Readonly<Record<string, unknown>>

export interface Service {
  readonly stages: readonly string[]
  readonly parameters: Parameters
  /** The cloud's file, as it was read. */
  readonly data: unknown
}

/** In a folder without the service: undefined. */
export function readService(folder: string, cloud: Cloud, stage: string, given: Parameters): Service | undefined {
  const root = dataOf(join(folder, 'serverless.yml'))
  if (root === undefined) return undefined
  const params = Object(Object(root).params)
  return {
    stages: Object.keys(params).filter(name => name !== 'default'),
    parameters: { ...params.default, ...(Object.hasOwn(params, stage) && params[stage]), ...given },
    data: dataOf(join(folder, cloud, 'service.yml')),
  }
}

function dataOf(file: string): unknown {
  if (!existsSync(file)) return undefined
  // the tags of CloudFormation are of no interest here
  return parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent' }).toJS()
}

export function serviceFindings(service: Service | undefined, cloud: Cloud, stage: string): readonly Finding[] {
  if (service?.data === undefined) {
    const file = service === undefined ? 'serverless.yml' : `${cloud}/service.yml`
    return [missing('stage', `There is no ${file} here.`, 'the folder of the service', 'Run it in the repository.')]
  }
  const problem = stageProblem(stage, service.stages)
  const found = problem
    ? wrong('stage', problem, 'a stage that `params` of serverless.yml has', 'Name one with --stage, or add it there.')
    : ok('stage', `The stage is ${stage}.`)
  return [found, ...schedules(service, cloud).flatMap(one => scheduleFinding(cloud, one))]
}

interface Scheduled {
  readonly at: string
  readonly is: 'schedule' | 'zone'
  readonly value: unknown
}

function scheduleFinding(cloud: Cloud, { at, is, value }: Scheduled): readonly Finding[] {
  const resolved = value
  if (resolved === undefined) return []
  const problem = is === 'zone' ? timeZoneProblem(resolved) : scheduleProblem(cloud, resolved)
  if (problem === undefined) return is === 'zone' ? [] : [ok('schedule', `${at}: ${String(resolved)}`)]
  const expected = is === 'zone' ? 'a name of the IANA database' : 'a schedule as this cloud writes it'
  return [wrong('schedule', `${at}: ${problem}.`, expected, 'Correct it in serverless.yml, or with --param.')]
}

function schedules({ data, parameters }: Service, cloud: Cloud): readonly Scheduled[] {
  const { provider, functions } = Object(data)
  if (cloud === 'aws') {
    const all = Object(provider).stackParameters
    return (Array.isArray(all) ? all : []).flatMap(one => {
      const is = one.ParameterKey === 'SweepSchedule' ? 'schedule' : one.ParameterKey === 'SweepTimeZone' && 'zone'
      return is
        ? [{ at: is === 'zone' ? 'sweepTimeZone' : 'sweepSchedule', is, value: filled(one.ParameterValue, parameters) }]
        : []
    })
  }
  return Object.entries(Object(functions)).flatMap(([name, fn]): Scheduled[] => {
    const { schedule, timeZone } = Object(fn)
    return [
      { at: `functions.${name}.schedule`, is: 'schedule', value: filled(schedule, parameters) },
      { at: `functions.${name}.timeZone`, is: 'zone', value: filled(timeZone, parameters) },
    ]
  })
}

/** A value with a variable in it of which we know nothing: undefined. */
function filled(text: unknown, parameters: Parameters): unknown {
  if (typeof text !== 'string' || !text.includes('${')) return text
  const [, name, fallback] = /^\$\{param:(\w+), '([^']*)'\}$/.exec(text) ?? []
  return name === undefined ? undefined : (parameters[name] ?? fallback)
}

/** As the service has it: what was said, else the variable, else what is written there. */
export function regionOf(service: Service | undefined, said: string | undefined, variable: string | undefined) {
  if (said || variable) return said || variable
  const text = String(Object(Object(service?.data).provider).region ?? '')
  return /^\$\{.*'([^']+)'\}$/.exec(text)?.[1] ?? (text.includes('$') ? undefined : text || undefined)
}

/** The framework, as `npx` would find it. */
export function frameworkFinding(folder: string): Finding {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'node_modules/serverless/package.json')
    if (existsSync(file))
      return ok('tool', `serverless ${JSON.parse(readFileSync(file, 'utf8')).version} is installed.`)
    if (dirname(at) === at) break
  }
  return missing('tool', 'The command serverless is not installed here.', 'node_modules/serverless', 'Run `npm ci`.')
}
