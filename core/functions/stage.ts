/**
 * The stage that is deployed, and the environment of the configuration that its functions read: two names that must mean the same.
 * @module
 */
import { didYouMean } from '../config/nearest.ts'
import type { Config } from '../config/types.ts'

/** Google's service accounts are named after service and stage; a name may have thirty characters. */
const STAGE = /^[a-z][a-z0-9]{0,11}$/

/** `stages`: those that `params` of serverless.yml has. */
export function stageProblem(stage: string, stages: readonly string[]): string | undefined {
  if (!stages.includes(stage))
    return `There is no stage ${stage}: serverless.yml has ${stages.join(', ')}${didYouMean(stage, stages) || '.'}`
  if (!STAGE.test(stage)) return `The stage ${stage} must be 1 to 12 lower-case letters and digits.`
  return undefined
}

/**
 * An environment that is named after the stage, `prod` or `prod-eu`, is the stage's; one without such a name goes with any stage that
 * has none of its own. Two names that contradict each other would rotate with the intervals of another stage.
 */
export function environmentProblem(
  stage: string,
  stages: readonly string[],
  { environment, environments }: Pick<Config, 'environment' | 'environments'>,
): string | undefined {
  const own = environments.filter(name => belongs(name, stage))
  if (environment === undefined)
    return own.length === 0
      ? undefined
      : `The configuration has the environment ${own.join(', ')} for the stage ${stage}, and LOCKSTEP_ENVIRONMENT is not set: set LOCKSTEP_ENVIRONMENT=${own[0]}.`
  if (belongs(environment, stage)) return undefined
  const other = stages.find(each => belongs(environment, each))
  if (other !== undefined)
    return `LOCKSTEP_ENVIRONMENT is ${environment}, which belongs to the stage ${other}, and the stage is ${stage}: make both the same.`
  return own.length === 0
    ? undefined
    : `LOCKSTEP_ENVIRONMENT is ${environment}, and the configuration has ${own.join(', ')} for the stage ${stage}: set LOCKSTEP_ENVIRONMENT=${own[0]}.`
}

const belongs = (environment: string, stage: string): boolean =>
  environment === stage || environment.startsWith(`${stage}-`)
