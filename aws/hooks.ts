/**
 * Hooks of consumers on AWS.
 * @module
 */
import type { CloudHooks } from '../core/hooks/open.ts'
import type { Clock } from '../core/ports/clock.ts'
import { awsCalls, callerOf } from './hooks-call.ts'
import { ecsHook } from './hooks-ecs.ts'
import { lambdaHook } from './hooks-lambda.ts'

/** Nothing is asked yet. */
export const awsHooks = (clock: Pick<Clock, 'now'>) =>
  ({
    ecs: async ({ region, ...place }) => ecsHook(place, awsCalls(await callerOf(region), clock)),
    'lambda-environment': async ({ region, function: name }) =>
      lambdaHook(name, awsCalls(await callerOf(region), clock)),
  }) satisfies CloudHooks
