/**
 * A new revision of a service of Cloud Run, so that every instance starts after the promotion. The version that it was made for is an
 * annotation of its template: whoever asks again sees it there.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { member, membersOf, send } from '../core/hooks/http.ts'
import { markOf } from '../core/hooks/mark.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../core/ports/promotion-hook.ts'
import type { AccessToken } from './access-token.ts'

export interface CloudRunPlace {
  readonly project: string
  readonly location: string
  readonly service: string
}

const API = 'https://run.googleapis.com'

/**
 * The template is changed under the etag that was read: a change by somebody else in between is not undone, but `busy`. In effect: the
 * newest revision is ready, and gets all the traffic.
 */
export function cloudRunHook(
  { project, location, service }: CloudRunPlace,
  token: AccessToken,
  clock: Pick<Clock, 'now'>,
  api = API,
): PromotionHook {
  const url = `${api}/v2/projects/${project}/locations/${location}/services/${service}`
  const common = { service: 'Cloud Run', at: service }
  const headers = async () => ({ authorization: `Bearer ${await token()}` })
  const get = async (call: HookCall) => {
    const asked = { ...common, operation: 'GetService', permission: 'run.services.get' }
    return (await send({ method: 'GET', url, headers: await headers() }, asked, call, clock)).body
  }
  const patch = async (body: object, call: HookCall) => {
    const asked = { ...common, operation: 'UpdateService', permission: 'run.services.update' }
    const json = { ...(await headers()), 'content-type': 'application/json' }
    const request = { method: 'PATCH', url: `${url}?updateMask=template`, headers: json, body: JSON.stringify(body) }
    await send(request as typeof request & { method: 'PATCH' }, asked, call, clock)
  }
  return {
    asks: true,
    async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
      const found = await get(call)
      // A name that the revision was given cannot be given twice.
      const { revision: _, ...template } = Object(member(found, 'template')) as Record<string, unknown>
      const key = `lockstep/${markOf(promotion)}`
      if (member(template.annotations, key) === promotion.version) return progress(found, service)
      const annotations = { ...Object(template.annotations), [key]: promotion.version }
      await patch({ etag: member(found, 'etag'), template: { ...template, annotations } }, call)
      return 'under-way'
    },
  }
}

function progress(found: unknown, at: string): HookAnswer {
  const state = member(member(found, 'terminalCondition'), 'state')
  if (member(found, 'reconciling') === true) return 'under-way'
  if (state === 'CONDITION_FAILED') throw new RotationError('refused', 'The new revision did not get ready.', { at })
  const newest = member(found, 'latestCreatedRevision')
  if (state !== 'CONDITION_SUCCEEDED' || member(found, 'latestReadyRevision') !== newest) return 'under-way'
  const elsewhere = membersOf(member(found, 'trafficStatuses')).some(
    status => Number(member(status, 'percent') ?? 0) > 0 && !isNewest(status, newest),
  )
  if (!elsewhere) return 'already'
  throw new RotationError('refused', 'Traffic is pinned to older revisions, which hold the old version.', {
    at,
    next: 'Route the traffic to the latest revision.',
  })
}

/** Named in full, or by its last part. */
const isNewest = (status: unknown, newest: unknown): boolean =>
  member(status, 'type') === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' ||
  String(member(status, 'revision')).split('/').at(-1) === String(newest).split('/').at(-1)
