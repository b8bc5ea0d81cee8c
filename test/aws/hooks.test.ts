/**
 * Hooks on AWS, over a fake of ours that checks operation and signature and behaves like a service that deploys. Not yet run on AWS.
 */
import { describe, expect, it } from 'vitest'
import { awsCalls, type Caller } from '../../aws/hooks-call.ts'
import { ecsHook } from '../../aws/hooks-ecs.ts'
import { lambdaHook } from '../../aws/hooks-lambda.ts'
import { systemClock } from '../../core/ports/clock.ts'
import { type Received, type Reply, startFake } from '../core/hooks/server.ts'
import { versioned, within } from '../core/hooks/support.ts'
import { sdkSigner, session } from './signer.ts'

const caller: Caller = { identity: async () => session, region: async () => 'eu-central-1' }

/** Whether the request is signed by who it says, over what was received. */
async function isSigned(service: string, { method, path, headers, body }: Received): Promise<boolean> {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
  const kept = Object.fromEntries(names.filter(n => !/^x-amz-(date|security)/.test(n)).map(n => [n, headers[n]!]))
  const stamp = headers['x-amz-date']!.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')
  const [hostname] = headers.host!.split(':')
  const request = { method, protocol: 'http:', hostname, path, headers: kept, query: {}, body }
  const expected = await sdkSigner(service, 'eu-central-1', session).sign(request, { signingDate: new Date(stamp) })
  return expected.headers.authorization === headers.authorization
}

type Replies = (request: Received) => Reply

async function cloud(service: 'ecs' | 'lambda', replies: Replies) {
  const fake = await startFake(async request =>
    (await isSigned(service, request))
      ? replies(request)
      : { status: 403, json: { __type: 'InvalidSignatureException' } },
  )
  return { ...fake, call: awsCalls(caller, systemClock, fake.url) }
}

const call = () => within(5_000)
const operationOf = ({ headers }: Received) => headers['x-amz-target']!.split('.')[1]!

/** A service of ECS as far as it matters. */
class Service {
  tags: { key: string; value: string }[] = []
  deployments: { id: number; status: string; rolloutState: string }[] = [
    { id: 1, status: 'PRIMARY', rolloutState: 'COMPLETED' },
  ]
  status = 'ACTIVE'
  controller: string | undefined
  /** By operation. */
  deny: Record<string, Reply> = {}

  readonly reply: Replies = request => {
    const operation = operationOf(request)
    const denied = this.deny[operation]
    if (denied) return denied
    const body = JSON.parse(request.body)
    if (operation === 'UpdateService') {
      expect(body).toEqual({ cluster: 'prod', service: 'orders', forceNewDeployment: true })
      const [last] = this.deployments
      this.deployments = [
        { id: last!.id + 1, status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
        ...this.deployments.map(one => ({ ...one, status: 'ACTIVE' })),
      ]
    }
    if (operation === 'TagResource') {
      expect(body.resourceArn).toBe('arn:aws:ecs:eu-central-1:1:service/prod/orders')
      this.tags = [...this.tags.filter(({ key }) => key !== body.tags[0].key), ...body.tags]
    }
    const { tags, deployments, status, controller } = this
    const serviceArn = 'arn:aws:ecs:eu-central-1:1:service/prod/orders'
    const deploymentController = controller && { type: controller }
    return { json: { services: [{ serviceArn, status, tags, deployments, deploymentController }] } }
  }

  rolledOut() {
    this.deployments = [{ ...this.deployments[0]!, rolloutState: 'COMPLETED' }]
  }
}

async function ecs(service = new Service()) {
  const fake = await cloud('ecs', service.reply)
  const hook = ecsHook({ cluster: 'prod', service: 'orders' }, fake.call)
  return {
    service,
    apply: (version: string, more = {}) => hook.apply(versioned(version, more), call()),
    operations: () => fake.received.map(operationOf),
  }
}

describe('ecs', () => {
  it('begins one deployment a version, and says when nothing older runs', async () => {
    const { service, apply, operations } = await ecs()
    expect(await apply('v2')).toBe('under-way')
    expect(operations()).toEqual(['DescribeServices', 'UpdateService', 'TagResource'])
    expect(await apply('v2')).toBe('under-way')
    service.deployments[0]!.rolloutState = 'COMPLETED'
    expect(await apply('v2')).toBe('under-way')
    service.rolledOut()
    expect(await apply('v2')).toBe('already')
    expect(operations().filter(name => name === 'UpdateService')).toHaveLength(1)
    expect(await apply('v3')).toBe('under-way')
    expect(service.deployments[0]!.id).toBe(3)
  })

  it('keeps the versions of two secrets of one service apart, and the tags of others', async () => {
    const { service, apply } = await ecs()
    service.tags = [{ key: 'team', value: 'a' }]
    await apply('v2')
    await apply('v9', { secret: 'other-db', id: 'other-db' })
    expect(service.tags).toHaveLength(3)
    service.rolledOut()
    expect(await apply('v2')).toBe('already')
  })

  it('begins another deployment if the run died before the tag', async () => {
    const { service, apply } = await ecs()
    service.deny.TagResource = { status: 503 }
    await expect(apply('v2')).rejects.toMatchObject({ code: 'target-unreachable' })
    service.deny = {}
    expect(await apply('v2')).toBe('under-way')
    expect(service.deployments[0]!.id).toBe(3)
  })

  it('names the permission that is missing, and keeps nothing of the answer but its code', async () => {
    const { service, apply } = await ecs()
    const json = { __type: 'com.amazonaws.ecs#AccessDeniedException', message: 'User hunter2 is not authorized' }
    service.deny.UpdateService = { status: 403, json }
    const error = await apply('v2').catch(thrown => thrown)
    expect(error).toMatchObject({
      code: 'access-denied',
      message: 'Amazon ECS refused UpdateService: ecs:UpdateService is missing.',
      foreign: 'AccessDeniedException',
      at: 'orders',
    })
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it('refuses what is not there, what others deploy, and a deployment that failed', async () => {
    const { service, apply } = await ecs()
    service.status = 'INACTIVE'
    await expect(apply('v2')).rejects.toMatchObject({ code: 'refused' })
    service.status = 'ACTIVE'
    service.controller = 'CODE_DEPLOY'
    await expect(apply('v2')).rejects.toMatchObject({ code: 'unsupported' })
    service.controller = 'ECS'
    await apply('v2')
    service.deployments[0]!.rolloutState = 'FAILED'
    await expect(apply('v2')).rejects.toMatchObject({ code: 'refused', retry: 'no' })
  })

  it('with a signature that does not hold is refused', async () => {
    const fake = await startFake(() => ({ status: 403, json: { __type: 'InvalidSignatureException' } }))
    const hook = ecsHook({ cluster: 'prod', service: 'orders' }, awsCalls(caller, systemClock, fake.url))
    await expect(hook.apply(versioned('v2'), call())).rejects.toMatchObject({ code: 'access-denied' })
    const [request] = fake.received
    expect(await isSigned('ecs', request!)).toBe(true)
    expect(await isSigned('ecs', { ...request!, body: '{}' })).toBe(false)
  })
})

describe('lambda-environment', () => {
  const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:orders'

  class Fn {
    variables: Record<string, string> | undefined = { LOG: 'debug' }
    revision = 1
    status = 'Successful'
    error: object | undefined

    readonly reply: Replies = ({ method, path, body }) => {
      expect(path).toBe(`/2015-03-31/functions/${encodeURIComponent(ARN)}/configuration`)
      if (method === 'PUT') {
        const { Environment, RevisionId, ...more } = JSON.parse(body)
        expect(more).toEqual({})
        if (RevisionId !== `r${this.revision}`) return { status: 412, json: { Code: 'PreconditionFailedException' } }
        this.variables = Environment.Variables
        this.revision++
        this.status = 'InProgress'
      }
      const { variables: Variables, error } = this
      const Environment = Variables || error ? { Variables, Error: error } : undefined
      return { json: { Environment, RevisionId: `r${this.revision}`, LastUpdateStatus: this.status } }
    }
  }

  async function lambda(fn = new Fn()) {
    const fake = await cloud('lambda', request => fn.reply(request))
    const hook = lambdaHook(ARN, fake.call)
    const writes = () => fake.received.filter(({ method }) => method === 'PUT').length
    return { fn, apply: (version: string) => hook.apply(versioned(version), call()), writes }
  }

  it('changes one variable a version, keeps the others, and says when the update is through', async () => {
    const { fn, apply, writes } = await lambda()
    expect(await apply('v2')).toBe('under-way')
    expect(fn.variables).toEqual({ LOG: 'debug', [Object.keys(fn.variables!)[1]!]: 'v2' })
    expect(Object.keys(fn.variables!)[1]).toMatch(/^LOCKSTEP_[0-9A-F]{16}$/)
    expect(await apply('v2')).toBe('under-way')
    fn.status = 'Successful'
    expect(await apply('v2')).toBe('already')
    expect(writes()).toBe(1)
    await apply('v3')
    expect(Object.values(fn.variables!)).toEqual(['debug', 'v3'])
  })

  it('gives a function without variables its first', async () => {
    const { fn, apply } = await lambda()
    fn.variables = undefined
    await apply('v2')
    expect(Object.values(fn.variables!)).toEqual(['v2'])
  })

  it('undoes nobody’s change that came in between', async () => {
    const { fn, apply } = await lambda()
    const { reply } = fn
    Object.assign(fn, {
      reply: (request: Received) => {
        if (request.method === 'PUT') fn.revision++
        return reply(request)
      },
    })
    await expect(apply('v2')).rejects.toMatchObject({ code: 'busy', retry: 'yes' })
    expect(fn.variables).toEqual({ LOG: 'debug' })
  })

  it('leaves variables alone that it cannot read, and reports an update that failed', async () => {
    const { fn, apply, writes } = await lambda()
    fn.error = { ErrorCode: 'AccessDeniedException', Message: 'kms' }
    await expect(apply('v2')).rejects.toMatchObject({ code: 'access-denied' })
    expect(writes()).toBe(0)
    fn.error = undefined
    await apply('v2')
    fn.status = 'Failed'
    await expect(apply('v2')).rejects.toMatchObject({ code: 'refused' })
  })
})
