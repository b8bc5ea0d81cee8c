/**
 * A variable of a Lambda function, changed so that every environment starts afresh. It holds the version that it was changed for:
 * whoever asks again sees it there.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { member } from '../core/hooks/http.ts'
import { markOf } from '../core/hooks/mark.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../core/ports/promotion-hook.ts'
import type { CallAws } from './hooks-call.ts'
import { encode } from './sigv4.ts'

/** Changed against the revision that was read, so nobody's change of the other variables is undone. */
export function lambdaHook(name: string, aws: CallAws): PromotionHook {
  const path = `/2015-03-31/functions/${encode(name)}/configuration`
  const common = { service: 'AWS Lambda', at: name }
  const read = { ...common, operation: 'GetFunctionConfiguration', permission: 'lambda:GetFunctionConfiguration' }
  const write = {
    ...common,
    operation: 'UpdateFunctionConfiguration',
    permission: 'lambda:UpdateFunctionConfiguration',
  }
  return {
    asks: true,
    async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
      const { body: found } = await aws({ service: 'lambda', method: 'GET', path }, read, call)
      const variables = variablesOf(found, name)
      const variable = markOf(promotion).replaceAll('-', '_').toUpperCase()
      if (variables[variable] === promotion.version) return progress(found, name) === 'done' ? 'already' : 'under-way'
      const changed = {
        Environment: { Variables: { ...variables, [variable]: promotion.version } },
        RevisionId: member(found, 'RevisionId'),
      }
      const headers = { 'content-type': 'application/json' }
      const request = { service: 'lambda', method: 'PUT', path, headers, body: JSON.stringify(changed) } as const
      return progress((await aws(request, write, call)).body, name)
    },
  }
}

/** Variables that cannot be read cannot be kept. */
function variablesOf(found: unknown, at: string): Readonly<Record<string, unknown>> {
  const environment = member(found, 'Environment')
  if (member(environment, 'Error') !== undefined)
    throw new RotationError('access-denied', 'The variables of the function cannot be read: kms:Decrypt is missing.', {
      at,
    })
  return { ...Object(member(environment, 'Variables')) }
}

function progress(found: unknown, at: string): 'done' | 'under-way' {
  const status = member(found, 'LastUpdateStatus')
  if (status === 'Failed') throw new RotationError('refused', 'The last update of the function has failed.', { at })
  return status === 'Successful' ? 'done' : 'under-way'
}
