import { ServiceFault } from '../errors.ts'
import { type Input, required } from '../input.ts'
import { refuseDeleted } from '../regions.ts'
import type { Request } from '../world.ts'

/** Kept and shown; it grants nothing here. @throws ServiceFault MalformedPolicyDocumentException when it is not JSON. */
export function putResourcePolicy(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  const policy = required(input, 'ResourcePolicy')
  try {
    JSON.parse(policy)
  } catch {
    throw new ServiceFault('MalformedPolicyDocumentException', 'This resource policy contains a syntax error.')
  }
  record.update(request.world.now(), draft => {
    draft.policy = policy
  })
  return { ARN: record.state.arn, Name: record.state.name }
}

export function getResourcePolicy(request: Request, input: Input): object {
  const { state } = request.world.regions.locate(request.region, required(input, 'SecretId'))
  refuseDeleted(state)
  return { ARN: state.arn, Name: state.name, ...(state.policy !== undefined && { ResourcePolicy: state.policy }) }
}

export function deleteResourcePolicy(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  record.update(request.world.now(), draft => {
    delete draft.policy
  })
  return { ARN: record.state.arn, Name: record.state.name }
}
