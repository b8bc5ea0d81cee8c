/**
 * Hooks and admin tokens of Azure, over a fake of ours that checks path, method and token. Not yet run on Azure.
 */
import { describe, expect, it } from 'vitest'
import { entra } from '../../azure/admin-token.ts'
import { appServiceHook } from '../../azure/hooks-app-service.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { type Received, type Reply, startFake } from '../core/hooks/server.ts'
import { versioned, within } from '../core/hooks/support.ts'

const call = () => within(5_000)
const place = { subscription: '1-2-3', resourceGroup: 'rg', app: 'orders', slot: undefined, references: false }
const SITE = '/subscriptions/1-2-3/resourceGroups/rg/providers/Microsoft.Web/sites/orders'

/** An app of App Service as far as it matters. */
class App {
  tags: Record<string, string> = { team: 'a' }
  restarts = 0
  /** What the references show. */
  active = 'v1'
  /** How many refreshes it takes. */
  lag = 1
  refreshes = 0
  deny: string | undefined
  readonly site: string

  constructor(site = SITE) {
    this.site = site
  }

  readonly reply = ({ method, path, headers, body }: Received): Reply => {
    if (headers.authorization !== 'Bearer a-token') return { status: 401 }
    const { pathname, searchParams } = new URL(path, 'https://management.azure.com')
    expect(searchParams.get('api-version')).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    expect(pathname.startsWith(this.site)).toBe(true)
    const asked = `${method} ${pathname.slice(this.site.length)}`
    if (asked === this.deny)
      return { status: 403, json: { error: { code: 'AuthorizationFailed', message: 'hunter2' } } }
    switch (asked) {
      case 'GET /providers/Microsoft.Resources/tags/default':
        return { json: { properties: { tags: this.tags } } }
      case 'PATCH /providers/Microsoft.Resources/tags/default': {
        const { operation, properties } = JSON.parse(body)
        expect(operation).toBe('Merge')
        this.tags = { ...this.tags, ...properties.tags }
        return { json: {} }
      }
      case 'POST /restart':
        this.restarts++
        return {}
      case 'GET /config/configreferences/appsettings': {
        const others = [{ properties: { secretName: 'another', activeVersion: 'x' } }, { properties: {} }]
        const ours = { properties: { secretName: 'ORDERS-DB', activeVersion: this.active, status: 'Resolved' } }
        return { json: { value: [...others, ours] } }
      }
      case 'POST /config/configreferences/appsettings/refresh':
        if (++this.refreshes >= this.lag) this.active = 'v2'
        return { json: {} }
      default:
        return { status: 404 }
    }
  }
}

async function appService(
  app = new App(),
  more: Partial<Parameters<typeof appServiceHook>[0]> = {},
  token = 'a-token',
) {
  const fake = await startFake(request => app.reply(request))
  const hook = appServiceHook({ ...place, ...more }, async () => token, systemClock, fake.url)
  return { app, apply: (version = 'v2') => hook.apply(versioned(version, { id: 'orders-db' }), call()) }
}

describe('app-service', () => {
  it('is restarted once a version; its tags stay', async () => {
    const { app, apply } = await appService()
    expect(await apply()).toBe('done')
    expect(await apply()).toBe('already')
    expect(app.restarts).toBe(1)
    expect(app.tags).toEqual({ team: 'a', [Object.keys(app.tags)[1]!]: 'v2' })
    expect(await apply('v3')).toBe('done')
    expect([app.restarts, Object.keys(app.tags).length]).toEqual([2, 2])
  })

  it('of a slot is another app', async () => {
    const { app, apply } = await appService(new App(`${SITE}/slots/staging`), { slot: 'staging' })
    expect(await apply()).toBe('done')
    expect(app.restarts).toBe(1)
  })

  it('reads its references again before it is restarted, and is not restarted before they show the version', async () => {
    const { app, apply } = await appService(new App(), { references: true })
    app.lag = 2
    expect(await apply()).toBe('under-way')
    expect(app.restarts).toBe(0)
    expect(await apply()).toBe('done')
    expect([app.restarts, app.refreshes]).toEqual([1, 2])
    expect(await apply()).toBe('already')
    expect(app.refreshes).toBe(2)
  })

  it('is restarted again if the run died before the tag', async () => {
    const { app, apply } = await appService()
    app.deny = 'PATCH /providers/Microsoft.Resources/tags/default'
    await expect(apply()).rejects.toMatchObject({ code: 'access-denied' })
    app.deny = undefined
    expect(await apply()).toBe('done')
    expect(app.restarts).toBe(2)
  })

  it('names the permission that is missing', async () => {
    const { app, apply } = await appService()
    app.deny = 'POST /restart'
    const error = await apply().catch(thrown => thrown)
    expect(error).toMatchObject({
      code: 'access-denied',
      message: 'Azure refused the restart: Microsoft.Web/sites/restart/action is missing.',
      foreign: 'AuthorizationFailed',
      at: 'orders',
    })
    expect(JSON.stringify(error)).not.toContain('hunter2')
    await expect((await appService(new App(), {}, 'other')).apply()).rejects.toMatchObject({ code: 'access-denied' })
  })
})

describe('entra', () => {
  it('is a token for databases, asked for at each login', async () => {
    const scopes: string[] = []
    let tokens = 0
    const fetch = await entra(async scope => {
      scopes.push(scope)
      return async () => `token-${++tokens}`
    })
    const login = { user: 'rotator', host: 'orders.postgres.database.azure.com', port: 5432, region: undefined }
    expect((await fetch(login)).reveal()).toBe('token-1')
    expect((await fetch(login)).reveal()).toBe('token-2')
    expect(scopes).toEqual(['https://ossrdbms-aad.database.windows.net/.default'])
  })
})
