/** What a review of the template asks for, and no validator of the format can know. Each mistake as a sentence. */
import { NAMESPACE, units } from '../../aws/metrics.ts'
import type { Template } from '../../infra/serverless/standalone.ts'

interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

/** Actions that take no name of a resource. */
const everywhere = ['secretsmanager:ListSecrets', 'ec2:']
/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: Lambda asks for six times the time-out. */
const TIMES = 6

// biome-ignore lint/suspicious/noExplicitAny: a template is data of any shape
type Properties = any

export function mistakesOf({ Resources, Conditions }: Template): readonly string[] {
  const of = (type: string): [string, Properties][] =>
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([name, { Properties }]) => [name, Properties])
  const found: string[] = []
  const must = (holds: boolean, says: string) => {
    if (!holds) found.push(says)
  }

  for (const [name, { SourceAccount, SourceArn, Principal }] of of('AWS::Lambda::Permission')) {
    must(JSON.stringify(SourceArn ?? '').length > 4, `${name}: anything of ${Principal} may invoke`)
    if (Principal === 'secretsmanager.amazonaws.com')
      must(SourceAccount?.Ref === 'AWS::AccountId', `${name}: any account may invoke`)
  }

  const roles = of('AWS::Lambda::Function').map(([, { Role }]) => JSON.stringify(Role))
  must(new Set(roles).size === roles.length, 'two functions share a role')
  for (const [name, { Architectures, FunctionName, VpcConfig }] of of('AWS::Lambda::Function')) {
    must(Architectures?.[0] === 'arm64', `${name}: is not on arm64`)
    must(VpcConfig?.['Fn::If']?.[0] === 'InVpc', `${name}: cannot be brought into a VPC`)
    const group = of('AWS::Logs::LogGroup').find(
      ([, { LogGroupName }]) => LogGroupName === `/aws/lambda/${FunctionName}`,
    )
    must(group?.[1].RetentionInDays > 0, `${name}: keeps its log for ever`)
  }

  for (const [name, role] of of('AWS::IAM::Role'))
    for (const { Sid, Effect, Action, Resource } of statementsOf(role)) {
      const actions = [Action].flat()
      if (Effect !== 'Allow') continue
      must(!actions.some(action => action.includes('*')), `${name}: ${Sid} grants a pattern of actions`)
      const wide = Resource === '*' && !actions.every(action => everywhere.some(known => action.startsWith(known)))
      must(!wide, `${name}: ${Sid} grants something on everything`)
    }

  for (const [name, { FunctionResponseTypes, FunctionName, EventSourceArn }] of of('AWS::Lambda::EventSourceMapping')) {
    must(FunctionResponseTypes?.[0] === 'ReportBatchItemFailures', `${name}: takes every answer for a success`)
    const worker = Resources[FunctionName['Fn::GetAtt'][0]]!.Properties as Properties
    const queue = Resources[EventSourceArn['Fn::GetAtt'][0]]!.Properties as Properties
    must(queue.VisibilityTimeout >= TIMES * worker.Timeout, `${name}: a message comes back while it is worked on`)
    must(queue.RedrivePolicy?.maxReceiveCount > 0, `${name}: a message that fails comes back for ever`)
  }

  const conditions = Conditions as Readonly<Record<string, unknown>> | undefined
  const scheduled = Object.entries(Resources).filter(
    ([, { Properties }]) => Properties && 'ScheduleExpression' in Properties,
  )
  must(scheduled.length === 2, 'the sweep is not started by a rule or by a schedule')
  for (const [name, resource] of scheduled) {
    const { Condition, Properties } = resource as { Condition?: string; Properties?: Properties }
    must(Condition !== undefined && conditions?.[Condition] !== undefined, `${name}: is there beside the other one`)
    must(Properties.ScheduleExpression?.Ref === 'SweepSchedule', `${name}: has a schedule of its own`)
  }
  for (const [name, { MetricName, Dimensions, Threshold }] of of('AWS::CloudWatch::Alarm')) {
    if (MetricName !== 'Duration') continue
    const { Timeout } = Resources[Dimensions[0].Value.Ref]!.Properties as Properties
    must(Threshold === 800 * Timeout, `${name}: is not at four fifths of the time-out`)
  }
  for (const [name, { DashboardBody }] of of('AWS::CloudWatch::Dashboard')) {
    const { widgets } = JSON.parse(DashboardBody['Fn::Sub'])
    const own = widgets
      .flatMap((widget: Properties) => widget.properties.metrics)
      .filter(([of]: string[]) => of === NAMESPACE)
    for (const [, metric, dimension] of own)
      must(metric in units && dimension === 'Environment', `${name}: no function writes ${metric} by ${dimension}`)
  }
  for (const [name, { Targets }] of of('AWS::Events::Rule'))
    must(
      Targets.every((target: Properties) => target.DeadLetterConfig),
      `${name}: loses what cannot be delivered`,
    )
  return found
}

function statementsOf({ Policies }: Properties): readonly Statement[] {
  const policies = (Policies as Properties[]).map(policy => policy['Fn::If']?.[1] ?? policy)
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement as Statement[])
}
