/**
 * A restart of an app of App Service or Azure Functions; where it reads the secret by a reference, the references are read again first.
 * The version that it was restarted for is a tag of the app: whoever asks again sees it there.
 * @module
 */
import { member, membersOf, send } from '../core/hooks/http.ts'
import { markOf } from '../core/hooks/mark.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { HookAnswer, HookCall, Promotion, PromotionHook } from '../core/ports/promotion-hook.ts'
import type { EntraToken } from './entra-token.ts'

export interface AppServicePlace {
  readonly subscription: string
  readonly resourceGroup: string
  readonly app: string
  readonly slot: string | undefined
  readonly references: boolean
}

const API = 'https://management.azure.com'
const WEB = 'api-version=2023-12-01'
const TAGS = 'api-version=2021-04-01'

interface Asking {
  readonly operation: string
  readonly permission: string
}

/** In effect: the tag names the version. Tagged after the restart: a run that dies in between makes one restart more. */
export function appServiceHook(
  { subscription, resourceGroup, app, slot, references }: AppServicePlace,
  token: EntraToken,
  clock: Pick<Clock, 'now'>,
  api = API,
): PromotionHook {
  const site = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${app}${slot === undefined ? '' : `/slots/${slot}`}`
  const ask = async (method: 'GET' | 'POST' | 'PATCH', path: string, asking: Asking, call: HookCall, body?: object) => {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' }
    const request = { method, url: `${api}${site}${path}`, headers, ...(body && { body: JSON.stringify(body) }) }
    return (await send(request, { service: 'Azure', at: app, ...asking }, call, clock)).body
  }
  const tagged = async (key: string, call: HookCall) => {
    const asking = { operation: 'the look at the tags', permission: 'Microsoft.Resources/tags/read' }
    const found = await ask('GET', `/providers/Microsoft.Resources/tags/default?${TAGS}`, asking, call)
    return member(member(member(found, 'properties'), 'tags'), key)
  }
  const tag = async (tags: object, call: HookCall) => {
    const asking = { operation: 'the tag', permission: 'Microsoft.Resources/tags/write' }
    const body = { operation: 'Merge', properties: { tags } }
    await ask('PATCH', `/providers/Microsoft.Resources/tags/default?${TAGS}`, asking, call, body)
  }
  const restart = async (call: HookCall) => {
    const asking = { operation: 'the restart', permission: 'Microsoft.Web/sites/restart/action' }
    await ask('POST', `/restart?${WEB}`, asking, call)
  }
  const outdated = async (promotion: Promotion, call: HookCall) => {
    const asking = { operation: 'the look at the references', permission: 'Microsoft.Web/sites/config/read' }
    const found = await ask('GET', `/config/configreferences/appsettings?${WEB}`, asking, call)
    return membersOf(member(found, 'value')).some(one => isOutdated(member(one, 'properties'), promotion))
  }
  const refresh = async (call: HookCall) => {
    const asking = { operation: 'the refresh of the references', permission: 'Microsoft.Web/sites/config/write' }
    await ask('POST', `/config/configreferences/appsettings/refresh?${WEB}`, asking, call)
  }
  return {
    asks: true,
    async apply(promotion: Promotion, call: HookCall): Promise<HookAnswer> {
      const key = markOf(promotion)
      if ((await tagged(key, call)) === promotion.version) return 'already'
      if (references && (await outdated(promotion, call))) {
        await refresh(call)
        if (await outdated(promotion, call)) return 'under-way'
      }
      await restart(call)
      await tag({ [key]: promotion.version }, call)
      return 'done'
    },
  }
}

/** A reference to this secret that shows another version. One that pins a version never follows a rotation. */
const isOutdated = (reference: unknown, { id, version }: Promotion): boolean =>
  String(member(reference, 'secretName')).toLowerCase() === id.toLowerCase() &&
  member(reference, 'activeVersion') !== version
