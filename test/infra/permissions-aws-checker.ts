/**
 * A policy that stands before the fakes of AWS: each request is let through only if a statement allows its action on its resource, and
 * what was asked for is kept. No denials by statements, no resource policies, no conditions: the generated statements have none.
 */
import type { Handle, SecretsManagerCore } from '../fakes/aws/secrets-manager.ts'

export interface Statement {
  readonly Sid: string
  readonly Action: readonly string[]
  readonly Resource: unknown
}

/** What CloudFormation fills in. */
export const filledIn: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '123456789012',
  'RotateLambdaFunction.Arn': 'arn:aws:lambda:us-east-1:123456789012:function:lockstep-dev-rotate',
  'WorkQueue.Arn': 'arn:aws:sqs:us-east-1:123456789012:work',
  'DeadLetters.Arn': 'arn:aws:sqs:us-east-1:123456789012:dead',
}

export class Denied extends Error {
  override readonly name = 'AccessDeniedException'
}

export class Gate {
  readonly asked = new Set<string>()
  readonly denied: string[] = []
  readonly #statements: readonly Statement[]

  constructor(statements: readonly Statement[]) {
    this.#statements = statements
  }

  allows(action: string, resource: string): boolean {
    const by = this.#statements.filter(
      ({ Action, Resource }) =>
        Action.includes(action) && [Resource].flat().some(each => wildcard(resolved(each)).test(resource)),
    )
    for (const { Sid } of by) this.asked.add(`${Sid} ${action}`)
    if (by.length === 0) this.denied.push(`${action} ${resource}`)
    return by.length > 0
  }

  require(action: string, resource: string): void {
    if (!this.allows(action, resource)) throw new Denied(`not authorized to perform: ${action} on ${resource}`)
  }

  /** The fake's requests, each asked for first. */
  before(fake: SecretsManagerCore): Handle {
    return async request => {
      const op = request.target.replace(/^secretsmanager\./, '')
      const arn = arnOf(fake, request.body, request.region ?? fake.region)
      const actions = [[`secretsmanager:${op}`, op === 'ListSecrets' ? '*' : arn]]
      if (op === 'RotateSecret') actions.push(['lambda:InvokeFunction', filledIn['RotateLambdaFunction.Arn']!])
      const refused = actions.find(([action, resource]) => !this.allows(action!, resource!))
      if (!refused) return fake.handle(request)
      const Message = `User: x is not authorized to perform: ${refused[0]} on resource: ${refused[1]}`
      const body = JSON.stringify({ __type: 'AccessDeniedException', Message })
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'AccessDeniedException' }
      return { status: 400, headers, body }
    }
  }
}

/** As the service names it to IAM; of one that is not there yet, with six characters that nobody knows. */
function arnOf(fake: SecretsManagerCore, body: string, region: string): string {
  const { SecretId, Name } = JSON.parse(body || '{}') as { SecretId?: string; Name?: string }
  const id = SecretId ?? Name ?? '*'
  try {
    return fake.service.peek(id, region).arn
  } catch {
    return id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${fake.accountId}:secret:${id}-Ab12Cd`
  }
}

function resolved(resource: unknown): string {
  if (typeof resource === 'string') return resource
  const { 'Fn::Sub': text } = resource as { 'Fn::Sub': string }
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => filledIn[name] ?? `unknown ${name}`)
}

/** `*`: any run of characters; `?`: one. */
const wildcard = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
