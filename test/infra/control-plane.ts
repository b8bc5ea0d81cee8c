/**
 * [fake] What of AWS a deployment speaks to: STS, CloudFormation with one stack, S3, and Lambda, which has no function yet. It knows no rules of theirs, and keeps what
 * it was sent. Shapes: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll } from 'vitest'

const BUCKET = 'lockstep-dev-packages'
const ACCOUNT = '123456789012'

export interface ControlPlane {
  readonly url: string
  /** `CreateStack`, `PutObject sweep.zip`. Reads that a client repeats while it waits stand once. */
  readonly calls: readonly string[]
  /** What a call was sent last: the fields of its form, or the bytes. */
  sent(call: string): URLSearchParams | Buffer | undefined
}

export async function startControlPlane(): Promise<ControlPlane> {
  const calls: string[] = []
  const last = new Map<string, URLSearchParams | Buffer>()
  let status: string | undefined
  const note = (call: string, content: URLSearchParams | Buffer) => {
    last.set(call, content)
    if (calls.at(-1) !== call) calls.push(call)
  }

  const answers: Readonly<Record<string, (form: URLSearchParams) => string | undefined>> = {
    GetCallerIdentity: () =>
      `<Account>${ACCOUNT}</Account><Arn>arn:aws:iam::${ACCOUNT}:role/deployer</Arn><UserId>u</UserId>`,
    DescribeStacks: () => (status === undefined ? undefined : `<Stacks><member>${stack()}</member></Stacks>`),
    CreateStack: () => {
      status = 'CREATE_COMPLETE'
      return `<StackId>${ID}</StackId>`
    },
    UpdateStack: () => {
      status = 'UPDATE_COMPLETE'
      return `<StackId>${ID}</StackId>`
    },
    DescribeStackEvents:
      () => `<StackEvents><member><StackId>${ID}</StackId><EventId>${status}</EventId><StackName>lockstep-dev</StackName>
      <LogicalResourceId>lockstep-dev</LogicalResourceId><PhysicalResourceId>${ID}</PhysicalResourceId>
      <ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>${status}</ResourceStatus>
      <Timestamp>2099-01-01T00:00:00Z</Timestamp></member></StackEvents>`,
    DescribeStackResource: () => `<StackResourceDetail><LogicalResourceId>ServerlessDeploymentBucket</LogicalResourceId>
      <PhysicalResourceId>${BUCKET}</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>
      <ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2030-01-01T00:00:00Z</LastUpdatedTimestamp></StackResourceDetail>`,
    ListStackResources: () => '<StackResourceSummaries></StackResourceSummaries>',
    ValidateTemplate: () => '<Parameters></Parameters>',
  }
  const stack = () => `<StackId>${ID}</StackId><StackName>lockstep-dev</StackName><StackStatus>${status}</StackStatus>
    <CreationTime>2030-01-01T00:00:00Z</CreationTime>`

  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const { pathname } = new URL(request.url!, 'http://fake')
    if (request.headers['content-type']?.includes('x-www-form-urlencoded')) {
      const form = new URLSearchParams(body.toString())
      const action = form.get('Action')!
      note(action, form)
      const result = answers[action]?.(form)
      const wrong = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id lockstep-dev does not exist</Message></Error></ErrorResponse>`
      response.writeHead(result === undefined ? 400 : 200, { 'content-type': 'text/xml' })
      response.end(
        result === undefined
          ? wrong
          : `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
      )
      return
    }
    const [, lambda] = /^\/2015-03-31\/functions\/([\w-]+)/.exec(pathname) ?? []
    if (lambda !== undefined) {
      note(`GetFunction ${lambda}`, body)
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException', 'content-type': 'application/json' })
      response.end('{"Message":"Function not found"}')
      return
    }
    const [, bucket, ...key] = pathname.split('/')
    const file = key.join('/').replace(/^.*\//, '')
    const call = request.method === 'PUT' ? `PutObject ${file}` : `${request.method} ${bucket}${file ? `/${file}` : ''}`
    note(call, body)
    response.writeHead(200, { 'content-type': 'application/xml' })
    response.end(
      `<ListBucketResult><Name>${BUCKET}</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`,
    )
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  afterAll(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, calls, sent: call => last.get(call) }
}

const ID = `arn:aws:cloudformation:eu-central-1:${ACCOUNT}:stack/lockstep-dev/1`
