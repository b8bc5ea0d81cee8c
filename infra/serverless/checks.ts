/**
 * What is wrong with the service as it was written or asked for, whichever cloud it is for.
 * @module
 */
import type { Cloud } from '../../core/functions/configuration.ts'
import { stageProblem } from '../../core/functions/stage.ts'
import { Refusal, type Serverless } from './framework.ts'
import { checkSchedule, checkTimeZone } from './schedule.ts'

const clouds: readonly string[] = ['aws', 'gcp', 'azure'] satisfies readonly Cloud[]

export function cloudOf({ service: { provider } }: Serverless): Cloud {
  if (!clouds.includes(provider.name)) throw new Refusal(`CLOUD must be aws, gcp or azure, not ${provider.name}.`)
  return provider.name as Cloud
}

export function checkService(cloud: Cloud, serverless: Serverless): void {
  const { service } = serverless
  const { stage } = service.provider
  const problem = stageProblem(stage, stagesOf(serverless))
  if (problem !== undefined) throw new Refusal(problem)
  for (const [name, fn] of Object.entries(service.functions)) {
    if (fn.schedule !== undefined) checkSchedule(cloud, `functions.${name}.schedule`, fn.schedule)
    if (fn.timeZone !== undefined) checkTimeZone(`functions.${name}.timeZone`, fn.timeZone)
  }
  const parameters = (service.provider.stackParameters ?? []) as readonly Record<string, unknown>[]
  for (const { ParameterKey: key, ParameterValue: value } of parameters) {
    if (key === 'SweepSchedule') checkSchedule('aws', '--param sweepSchedule', value)
    if (key === 'SweepTimeZone') checkTimeZone('--param sweepTimeZone', value)
  }
}

export const stagesOf = ({ configurationInput: { params } }: Serverless): readonly string[] =>
  Object.keys(params ?? {}).filter(name => name !== 'default')

export interface Needed {
  readonly variable: string
  readonly value: unknown
  readonly says: string
}

/** Not to package, which needs no account; to anything that does something in one. */
export function requireSet(needed: readonly Needed[]): void {
  for (const { variable, value, says } of needed)
    if (value === undefined || value === null || value === '') throw new Refusal(`${variable} is not set: ${says}.`)
}
