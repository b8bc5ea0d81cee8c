/**
 * Hooks and admin tokens of Google Cloud, over a fake of ours that checks path, method and token. Not yet run on Google Cloud.
 */
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../core/ports/clock.ts'
import { cloudSqlIam } from '../../gcp/admin-token.ts'
import { cloudRunHook } from '../../gcp/hooks-cloud-run.ts'
import { type Received, type Reply, startFake } from '../core/hooks/server.ts'
import { versioned, within } from '../core/hooks/support.ts'

const PATH = '/v2/projects/shop/locations/europe-west1/services/orders'
const place = { project: 'shop', location: 'europe-west1', service: 'orders' }
const call = () => within(5_000)

/** A service of Cloud Run as far as it matters. */
class Service {
  template: Record<string, unknown> = {
    revision: 'orders-v1',
    annotations: { team: 'a' },
    containers: [{ image: 'orders', env: [{ name: 'A', value: 'b' }] }],
  }
  etag = 1
  created = 1
  ready = 1
  state = 'CONDITION_SUCCEEDED'
  reconciling = false
  traffic: object[] = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }]
  refuse: Reply | undefined

  readonly reply = ({ method, path, headers, body }: Received): Reply => {
    if (headers.authorization !== 'Bearer a-token') return { status: 401 }
    if (this.refuse) return this.refuse
    if (method === 'PATCH') {
      expect(path).toBe(`${PATH}?updateMask=template`)
      const { etag, template, ...more } = JSON.parse(body)
      expect(more).toEqual({})
      if (etag !== `e${this.etag}`) return { status: 409, json: { error: { code: 409, status: 'ABORTED' } } }
      if (template.revision !== undefined) return { status: 400, json: { error: { status: 'INVALID_ARGUMENT' } } }
      this.template = template
      this.etag++
      this.created++
      this.reconciling = true
      return { json: { name: 'operations/1' } }
    }
    expect([method, path]).toEqual(['GET', PATH])
    const { template, etag, created, ready, state, reconciling, traffic } = this
    const json = {
      template,
      etag: `e${etag}`,
      latestCreatedRevision: `orders-${created}`,
      latestReadyRevision: `orders-${ready}`,
      terminalCondition: { state },
      trafficStatuses: traffic,
      ...(reconciling && { reconciling }),
    }
    return { json }
  }

  rolledOut() {
    this.ready = this.created
    this.reconciling = false
  }
}

async function cloudRun(service = new Service(), token = 'a-token') {
  const fake = await startFake(request => service.reply(request))
  const hook = cloudRunHook(place, async () => token, systemClock, fake.url)
  const writes = () => fake.received.filter(({ method }) => method === 'PATCH').length
  return { service, writes, apply: (version: string) => hook.apply(versioned(version), call()) }
}

describe('cloud-run', () => {
  it('makes one revision a version, changes nothing else, and says when it has all the traffic', async () => {
    const { service, apply, writes } = await cloudRun()
    const { revision: _, annotations, ...rest } = service.template
    expect(await apply('7')).toBe('under-way')
    const { annotations: after, ...unchanged } = service.template
    expect(unchanged).toEqual(rest)
    const [mark, ...others] = Object.keys(after as object).filter(key => key !== 'team')
    expect([mark, others]).toEqual([expect.stringMatching(/^lockstep\/lockstep-[0-9a-f]{16}$/), []])
    expect(after).toEqual({ ...(annotations as object), [mark!]: '7' })
    expect(await apply('7')).toBe('under-way')
    service.rolledOut()
    expect(await apply('7')).toBe('already')
    expect(writes()).toBe(1)
    expect(await apply('8')).toBe('under-way')
    expect(writes()).toBe(2)
  })

  it('says so if the revision does not get ready, or is given no traffic', async () => {
    const { service, apply } = await cloudRun()
    await apply('7')
    service.rolledOut()
    service.traffic = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'orders-1', percent: 100 }]
    await expect(apply('7')).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('pinned') })
    service.traffic = [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: 'orders-2', percent: 100 }]
    expect(await apply('7')).toBe('already')
    service.state = 'CONDITION_FAILED'
    await expect(apply('7')).rejects.toMatchObject({ code: 'refused' })
  })

  it('undoes nobody’s change that came in between', async () => {
    const { service, apply } = await cloudRun()
    const { reply } = service
    Object.assign(service, {
      reply: (request: Received) => {
        if (request.method === 'PATCH') service.etag++
        return reply(request)
      },
    })
    await expect(apply('7')).rejects.toMatchObject({ code: 'busy', retry: 'yes', foreign: 'ABORTED' })
  })

  it('names the permission that is missing', async () => {
    const { service, apply } = await cloudRun()
    service.refuse = { status: 403, json: { error: { status: 'PERMISSION_DENIED', message: 'hunter2' } } }
    const error = await apply('7').catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'access-denied', foreign: 'PERMISSION_DENIED', at: 'orders' })
    expect(error.message).toBe('Cloud Run refused GetService: run.services.get is missing.')
    expect(JSON.stringify(error)).not.toContain('hunter2')
    await expect((await cloudRun(new Service(), 'other')).apply('7')).rejects.toMatchObject({ code: 'access-denied' })
  })
})

describe('cloud-sql-iam', () => {
  it('is a token of the scope of logins alone, asked for at each login', async () => {
    const scopes: string[] = []
    let tokens = 0
    const fetch = await cloudSqlIam(async scope => {
      scopes.push(scope)
      return async () => `token-${++tokens}`
    })
    const login = { user: 'rotator@shop.iam', host: '10.0.0.1', port: 5432, region: undefined }
    expect((await fetch(login)).reveal()).toBe('token-1')
    expect((await fetch(login)).reveal()).toBe('token-2')
    expect(scopes).toEqual(['https://www.googleapis.com/auth/sqlservice.login'])
  })
})
