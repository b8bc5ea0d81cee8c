/**
 * What is wrong with the service as it was written or asked for, whichever cloud it is for.
 * @module
 */
import { didYouMean } from '../../core/config/nearest.ts'
import type { Cloud } from '../../core/functions/configuration.ts'
import { Refusal, type Serverless } from './framework.ts'
import { checkSchedule, checkTimeZone } from './schedule.ts'

const clouds: readonly string[] = ['aws', 'gcp', 'azure'] satisfies readonly Cloud[]
/** Google's service accounts are named after both; a name may have thirty characters. */
const STAGE = /^[a-z][a-z0-9]{0,11}$/

export function cloudOf({ service: { provider } }: Serverless): Cloud {
  if (!clouds.includes(provider.name)) throw new Refusal(`CLOUD must be aws, gcp or azure, not ${provider.name}.`)
  return provider.name as Cloud
}

export function checkService(cloud: Cloud, serverless: Serverless): void {
  const { service, configurationInput } = serverless
  const { stage } = service.provider
  const stages = Object.keys(configurationInput.params ?? {}).filter(name => name !== 'default')
  if (!stages.includes(stage))
    throw new Refusal(
      `There is no stage ${stage}: serverless.yml has ${stages.join(', ')}${didYouMean(stage, stages) || '.'}`,
    )
  if (!STAGE.test(stage)) throw new Refusal(`The stage ${stage} must be 1 to 12 lower-case letters and digits.`)
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
