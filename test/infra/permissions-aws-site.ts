/**
 * What the functions on AWS do, one after the other, over the fake of Secrets Manager [fake], each request let through by the policy
 * of one role only.
 */
import type { SQSClient } from '@aws-sdk/client-sqs'
import { rdsIam } from '../../aws/admin-token.ts'
import { adminOf } from '../../aws/drop-in/admin.ts'
import { adminSecrets } from '../../aws/drop-in/admin-secrets.ts'
import { fleetOn } from '../../aws/fleet.ts'
import type { LambdaContext, Surroundings } from '../../aws/function.ts'
import type { CallAws } from '../../aws/hooks-call.ts'
import { ecsHook } from '../../aws/hooks-ecs.ts'
import { lambdaHook } from '../../aws/hooks-lambda.ts'
import { type AwsStoreOptions, openAwsStore } from '../../aws/index.ts'
import { AwsNativeReplica } from '../../aws/native-replica.ts'
import { createOnEvent } from '../../aws/on-event.ts'
import { openQueue } from '../../aws/queue.ts'
import { Requests } from '../../aws/requests.ts'
import { StepStore } from '../../aws/step-store.ts'
import { createSweep } from '../../aws/sweep.ts'
import { createWorker } from '../../aws/worker.ts'
import { RotationError } from '../../core/errors.ts'
import { firstRecord } from '../../core/replication/record.ts'
import { storeRegister } from '../../core/replication/store-register.ts'
import { rollback } from '../../core/rotation/rotate.ts'
import { runStep } from '../../core/rotation/run-step.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { valueShape } from '../../core/secret/shape.ts'
import { MemoryServer, MemoryTarget } from '../../core/testing/memory-target.ts'
import { simulatedPolicy } from '../../core/testing/simulation/world.ts'
import type { FunctionName } from '../../infra/permissions/aws-calls.ts'
import { DAY, MINUTE } from '../aws/fleet-support.ts'
import { ManualClock } from '../aws/support.ts'
import { requestHandler } from '../fakes/aws/secrets-manager/in-process.ts'
import { createSecretsManager, type Handle, type SecretsManagerCore } from '../fakes/aws/secrets-manager.ts'
import { filledIn, type Gate } from './permissions-aws-checker.ts'
import { config, fillers, folder, RDS } from './permissions-aws-config.ts'

const NAMED_HERE = 'rds.db-orders'
const json = (username: string, password = 'first') => JSON.stringify({ username, password })
const passwords = (globalThis as unknown as Record<string, Map<string, string>>)['lockstep-test-passwords']!
const never = new AbortController().signal

export class Site {
  readonly clock = new ManualClock()
  readonly fake = createSecretsManager({ now: () => ++this.clock.time, sleep: async () => {} })
  readonly partner = createSecretsManager({ accountId: '210987654321', now: () => ++this.clock.time })
  readonly gate: Gate
  readonly lines: Record<string, unknown>[] = []

  constructor(gate: Gate) {
    this.gate = gate
    for (const name of ['copied', 'driven', ...fillers]) {
      passwords.delete(name)
      const rotation = { lambdaArn: filledIn['RotateLambdaFunction.Arn']! }
      this.fake.service.createSecret({ name: `app/${name}`, value: json(name), ...(name === 'driven' && { rotation }) })
    }
    for (const name of ['app/rds', 'app/token']) this.fake.service.createSecret({ name, value: json('app_a') })
    this.fake.service.createSecret({ name: 'app/key', value: 'key' })
    const tags = { 'aws:rds:primaryDBInstanceArn': 'arn:aws:rds:us-east-1:123456789012:db:orders' }
    this.fake.service.createSecret({ name: NAMED_HERE, value: json('master'), tags })
  }

  requests(region = 'us-east-1'): Requests {
    return new Requests(this.#client(this.fake, region, this.#gated), this.clock)
  }

  /** A name with ! only a service can give: the fake has it under another one. */
  get #gated(): Handle {
    const handle: Handle = request => this.fake.handle({ ...request, body: request.body.replace('rds!', 'rds.') })
    return this.gate.before({ ...this.fake, handle })
  }

  #client(fake: SecretsManagerCore, region: string, handle: SecretsManagerCore['handle']) {
    return fake.inProcessClient({ region, maxAttempts: 1, requestHandler: requestHandler(handle, region) })
  }

  readonly open = async ({ clock, region = 'us-east-1', role }: AwsStoreOptions) => {
    // what the role may do there is not this stack's to say
    const client = role
      ? this.#client(this.partner, region, async request => {
          const allowed = this.gate.allows('sts:AssumeRole', role.arn)
          return this.partner.handle(allowed ? request : { ...request, accessKeyId: 'nobody' })
        })
      : this.#client(this.fake, region, this.#gated)
    return openAwsStore({ clock, client })
  }

  /** A person with every right writes who leads. */
  async begun(): Promise<void> {
    this.partner.permissions.denyAction('nobody', '*')
    const client = this.#client(this.fake, 'eu-north-1', this.fake.handle)
    const store = await openAwsStore({ clock: this.clock, client })
    const register = storeRegister(async () => store, config.deployment)
    for (const name of ['copied', 'rds']) await register.create(name, firstRecord('home'), this.call())
  }

  call() {
    return { signal: never, deadline: this.clock.time + 60 * MINUTE, run: {} }
  }

  get #surroundings(): Surroundings {
    const write = async (line: string) => void this.lines.push(JSON.parse(line))
    const only = {
      ...config,
      secrets: new Map([...config.secrets].filter(([name]) => !['rds', 'token'].includes(name))),
    }
    return {
      env: { AWS_REGION: 'us-east-1' },
      clock: this.clock,
      write,
      folder,
      open: this.open,
      config: async () => only,
    }
  }

  #context(): LambdaContext {
    const end = this.clock.time + 60 * MINUTE
    return { awsRequestId: 'r', getRemainingTimeInMillis: () => end - this.clock.time }
  }

  /** One thing with one secret, as each function is asked for it. */
  async ask(fn: FunctionName, name: string, what: 'rotate' | 'retire' | 'replicate'): Promise<unknown> {
    if (fn === 'worker') {
      const body = JSON.stringify({ secret: name, do: what, asked: new Date(this.clock.time).toISOString() })
      const record = { messageId: 'm', body, eventSource: 'aws:sqs' }
      return createWorker(this.#surroundings)({ Records: [record] }, this.#context())
    }
    const { arn: SecretId } = this.fake.service.peek(`app/${name}`)
    const event = {
      'detail-type': 'AWS Service Event via CloudTrail',
      source: 'aws.secretsmanager',
      account: '123456789012',
      region: 'us-east-1',
      detail: { eventName: 'RotationFailed', additionalEventData: { SecretId } },
    }
    return createOnEvent(this.#surroundings)(event, this.#context())
  }

  async sweep(): Promise<unknown> {
    const client = {
      send: async () => {
        this.gate.require('sqs:SendMessage', filledIn['WorkQueue.Arn']!)
        return {}
      },
    } as unknown as SQSClient
    const queue = () => openQueue('https://sqs.us-east-1.amazonaws.com/123456789012/work', client)
    const env = { AWS_REGION: 'us-east-1', LOCKSTEP_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/123456789012/work' }
    const event = { source: 'aws.events', 'detail-type': 'Scheduled Event', time: '2030-01-01T03:00:00Z', detail: {} }
    return createSweep({ ...this.#surroundings, env, queue })(event, this.#context())
  }

  /** A person's two edits take every label off what a rotation has replaced. */
  edit(name: string): void {
    for (const password of ['edited', 'edited again'])
      this.fake.service.putAsPerson(`app/${name}`, json(name, password))
    passwords.set(name, 'edited again')
  }

  async detach(): Promise<unknown> {
    const { ReplicateSecretToRegionsCommand } = await import('@aws-sdk/client-secrets-manager')
    const client = this.#client(this.fake, 'us-east-1', this.fake.handle)
    const AddReplicaRegions = [{ Region: 'eu-west-3' }]
    await client.send(new ReplicateSecretToRegionsCommand({ SecretId: 'app/rds', AddReplicaRegions }))
    this.clock.time += DAY
    return new AwsNativeReplica(this.requests('eu-west-3')).detach('app/rds', this.call())
  }

  /** As the server takes it: it asks IAM for the one who signed. */
  async login(): Promise<void> {
    const identity = { accessKeyId: 'AKIA', secretAccessKey: 'x' }
    const caller = { identity: async () => identity, region: async () => 'us-east-1' }
    const fetch = rdsIam(this.clock, async () => caller)
    const token = await fetch({ user: 'master', host: RDS, port: 5432, region: undefined })
    const { searchParams } = new URL(`https://${token.reveal()}`)
    const [, , region, service] = searchParams.get('X-Amz-Credential')!.split('/')
    this.gate.require(
      `${service}:connect`,
      `arn:aws:${service}:${region}:123456789012:dbuser:db-ABC/${searchParams.get('DBUser')}`,
    )
  }

  /** A rotation that Secrets Manager has begun, step by step, at a server in memory. */
  async steps(): Promise<unknown> {
    const begun = this.fake.service.beginRotation('app/driven')
    const { token } = begun
    const server = new MemoryServer(this.clock)
    server.setPassword('driven', SecretValue.of('first'))
    const target = new MemoryTarget({ server, strategy: 'single-user', users: ['driven'] })
    const outcomes: string[] = []
    for (const step of ['create', 'set', 'test', 'finish'] as const) {
      const store = new StepStore(this.requests(), this.clock, { token: token as never })
      const setup = {
        ...{ secret: 'driven', id: 'app/driven', store, target, policy: simulatedPolicy, clock: this.clock },
        shape: valueShape({
          format: 'json',
          fields: { username: 'username', password: 'password', host: 'host', port: 'port' },
        }),
        audit: { write: async () => {} },
        generate: () => SecretValue.of('second'),
      }
      const actor = { user_id: 'service', user_agent: 'test' }
      const request = {
        type: 'event',
        actor,
        deadline: this.clock.time + MINUTE,
        step,
        rotation: token as never,
      } as const
      outcomes.push((await runStep(setup, request, never)).outcome)
    }
    return outcomes
  }

  /** What a person does with the rights of the function: back to the version before. */
  async rollback(name: string): Promise<unknown> {
    const workshop = fleetOn(config, { clock: this.clock, member: undefined, open: this.open })
    const setup = await workshop.fleet({ write: async () => {} }).setup(name)
    const actor = { user_id: 'person', user_agent: 'test' }
    const request = { type: 'manual', actor, deadline: this.clock.time + MINUTE, reason: 'test' } as const
    return (await rollback(setup, request, never)).outcome
  }

  /** The key of a hook, and the login of an admin. */
  async read(): Promise<void> {
    for (const id of ['app/key', 'rds!db-orders']) await (await this.open({ clock: this.clock })).get(id, this.call())
  }

  async admin(): Promise<unknown> {
    const require = (action: string, id: string) => this.gate.require(action, id)
    const rds = {
      instance: async (id: string) => {
        require('rds:DescribeDBInstances', id.startsWith('arn:') ? id : `arn:aws:rds:us-east-1:123456789012:db:${id}`)
        const from = { ReadReplicaSourceDBInstanceIdentifier: 'orders', DBClusterIdentifier: 'main' }
        const Endpoint = { Address: id.includes('orders') ? RDS : READER, Port: 5432 }
        return { Engine: 'postgres', Endpoint, ...(!id.includes('orders') && from) }
      },
      cluster: async (id: string) => {
        require('rds:DescribeDBClusters', `arn:aws:rds:us-east-1:123456789012:cluster:${id}`)
        return { Endpoint: RDS }
      },
    }
    const sources = { secrets: adminSecrets(this.requests()), rds }
    const secret = {
      engine: 'postgres',
      port: 5432,
      database: 'orders',
      admin: 'rds!db-orders',
      ssl: undefined,
    } as const
    await adminOf({ ...secret, host: READER }, sources, this.call())
    return 'read'
  }

  /** The services of hooks, as far as a hook asks: what is allowed is answered. */
  async hook(kind: 'ecs' | 'lambda'): Promise<unknown> {
    const promotion = { secret: 'rds', id: 'app/rds', version: 'v' as never, consumer: 'c' }
    const service = { status: 'ACTIVE', serviceArn: 'arn:aws:ecs:us-east-1:123456789012:service/main/orders', tags: [] }
    const aws: CallAws = async ({ headers, method }) => {
      const ecs = headers?.['x-amz-target']?.split('.')[1]
      const operation = ecs ?? `${method === 'GET' ? 'Get' : 'Update'}FunctionConfiguration`
      const arn = ecs ? service.serviceArn : 'arn:aws:lambda:us-east-1:123456789012:function:mails'
      if (!this.gate.allows(`${kind}:${operation}`, arn)) throw new RotationError('access-denied', operation)
      return { status: 200, body: { services: [service], LastUpdateStatus: 'Successful', RevisionId: 'r' } } as never
    }
    const made = kind === 'ecs' ? ecsHook({ cluster: 'main', service: 'orders' }, aws) : lambdaHook('mails', aws)
    return made.apply(promotion, this.call())
  }
}

const READER = 'reader.abc123.us-east-1.rds.amazonaws.com'
