/**
 * A new deployment of a service of ECS, so that every task starts after the promotion. The version that it was made for is a tag of the
 * service: whoever asks again sees it there.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { member, membersOf } from '../core/hooks/http.ts'
import { markOf } from '../core/hooks/mark.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../core/ports/promotion-hook.ts'
import type { CallAws } from './hooks-call.ts'

interface Place {
  readonly cluster: string
  readonly service: string
}

const TARGET = 'AmazonEC2ContainerServiceV20141113'
const PERMISSIONS: Readonly<Record<string, string>> = {
  DescribeServices: 'ecs:DescribeServices',
  UpdateService: 'ecs:UpdateService',
  TagResource: 'ecs:TagResource',
}

/**
 * In effect: the tag names the version, and one deployment is left, which has rolled out. Tagged after it was begun: a run that dies
 * in between makes one deployment more.
 */
export function ecsHook(place: Place, aws: CallAws): PromotionHook {
  const { cluster, service } = place
  const ask = async (operation: string, body: object, call: HookCall): Promise<unknown> => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${TARGET}.${operation}` }
    const asked = { service: 'Amazon ECS', operation, at: service, permission: PERMISSIONS[operation]! }
    const request = { service: 'ecs', method: 'POST', path: '/', headers, body: JSON.stringify(body) } as const
    return (await aws(request, asked, call)).body
  }
  return {
    asks: true,
    async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
      const found = await ask('DescribeServices', { cluster, services: [service], include: ['TAGS'] }, call)
      const described = requireRolling(membersOf(member(found, 'services'))[0], service)
      const key = markOf(promotion)
      if (tagOf(described, key) === promotion.version) return progress(described, service)
      await ask('UpdateService', { cluster, service, forceNewDeployment: true }, call)
      const resourceArn = member(described, 'serviceArn')
      await ask('TagResource', { resourceArn, tags: [{ key, value: promotion.version }] }, call)
      return 'under-way'
    },
  }
}

/** Deployments by CodeDeploy or another controller are begun there. */
function requireRolling(service: unknown, at: string): unknown {
  if (member(service, 'status') !== 'ACTIVE')
    throw new RotationError('refused', 'Amazon ECS has no such active service.', { at })
  const controller = member(member(service, 'deploymentController'), 'type') ?? 'ECS'
  if (controller === 'ECS') return service
  throw new RotationError('unsupported', 'The service is deployed by another controller than Amazon ECS.', {
    at,
    next: 'Use a command or a webhook that begins a deployment there.',
  })
}

const tagOf = (service: unknown, key: string): unknown =>
  member(
    membersOf(member(service, 'tags')).find(tag => member(tag, 'key') === key),
    'value',
  )

function progress(service: unknown, at: string): HookAnswer {
  const deployments = membersOf(member(service, 'deployments'))
  const primary = deployments.find(one => member(one, 'status') === 'PRIMARY')
  const rollout = member(primary, 'rolloutState')
  if (rollout === 'FAILED') throw new RotationError('refused', 'The deployment has failed; older tasks run.', { at })
  return rollout === 'COMPLETED' && deployments.length === 1 ? 'already' : 'under-way'
}
