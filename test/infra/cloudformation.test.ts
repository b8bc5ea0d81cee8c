/**
 * The templates for AWS: valid by AWS's own rules, and as a review wants them; either way a mutated one is caught.
 * The validator takes a runtime that there is not for a warning, W3030, which is an error here.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Template } from '../../infra/serverless/standalone.ts'
import { mistakesOf } from './aws-rules.ts'
import { serviceFolder } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'lockstep-templates-'))
const engine = new RegoEngine()
afterAll(() => {
  engine.free()
  rmSync(folder, { recursive: true })
})

/** Rule and place of what may not be deployed. */
function refused(file: string): readonly string[] {
  const { diagnostics } = engine.validateStandard(new TemplateFile(file))
  const counts = ({ severity, ruleId }: (typeof diagnostics)[number]) =>
    severity === 'ERROR' || severity === 'FATAL' || ruleId === 'W3030'
  return diagnostics.filter(counts).map(({ ruleId, entity, message }) => `${ruleId} ${entity?.logicalId}: ${message}`)
}

const service = serviceFolder()
const compiled = join(service.path, '.serverless/cloudformation-template-update-stack.json')
const alone = join(service.path, 'dist/aws/template.json')
beforeAll(async () => {
  const { code, stderr } = await service.serverless(['package', '--stage', 'prod'])
  expect(code, stderr).toBe(0)
}, 300_000)

// biome-ignore lint/suspicious/noExplicitAny: mutated at any depth
type Mutable = any

function mutated(change: (resources: Mutable, template: Mutable) => void): { file: string; template: Template } {
  const template = JSON.parse(readFileSync(alone, 'utf8'))
  change(template.Resources, template)
  const file = join(folder, 'template.json')
  writeFileSync(file, JSON.stringify(template))
  return { file, template }
}

describe('as they are', () => {
  test.each([
    ['of the framework', compiled],
    ['without it', alone],
    ['that attaches a secret', join(service.path, 'dist/aws/attach-rotation.yml')],
  ])('the template %s is valid', (_, file) => {
    expect(refused(file)).toEqual([])
  })

  test('the template is as a review wants it', () => {
    expect(mistakesOf(mutated(() => {}).template)).toEqual([])
  })

  test('stage and retention are in it, and nothing of the framework', () => {
    const text = readFileSync(alone, 'utf8')
    expect(text).toContain('"RetentionInDays": 90')
    expect(text).toContain('"FunctionName": "lockstep-prod-sweep"')
    expect(text).not.toMatch(/ServerlessDeploymentBucket|sls-/)
  })

  test('parameters of the stack are those that the framework is told of', () => {
    const { Parameters } = JSON.parse(readFileSync(alone, 'utf8')) as Template
    const told = [...readFileSync(join(service.path, 'aws/service.yml'), 'utf8').matchAll(/ParameterKey: (\w+)/g)]
    const ours = Object.keys(Parameters!).filter(name => !name.startsWith('Artifact'))
    expect(told.map(([, name]) => name!).toSorted()).toEqual(ours.toSorted())
  })
})

describe('mutated, the validator refuses', () => {
  const cases: readonly [string, (resources: Mutable, template: Mutable) => void, RegExp][] = [
    [
      'a queue that is not there',
      r => (r.SweepLambdaFunction.Properties.Environment.Variables.LOCKSTEP_QUEUE_URL.Ref = 'Work'),
      /^F1020/,
    ],
    ['a property that there is not', r => (r.RotateBySecretsManager.Properties.Principals = 'x'), /^F3002/],
    ['a property that is missing', r => delete r.RotateBySecretsManager.Properties.Principal, /^F3003/],
    ['a runtime that there is not', r => (r.WorkerLambdaFunction.Properties.Runtime = 'nodejs99.x'), /^W3030/],
    ['an attribute that there is not', r => (r.SweepRule.Properties.Targets[0].Arn['Fn::GetAtt'][1] = 'Arm'), /^[EF]/],
    ['a condition that there is not', r => (r.SweepRule.Condition = 'ByRules'), /^[EF]/],
    ['a type that there is not', r => (r.WorkQueue.Type = 'AWS::SQS::Queues'), /^[EF]/],
    ['a retention that there is not', r => (r.SweepLogGroup.Properties.RetentionInDays = 15), /^[EF]|^W3030/],
  ]
  test.each(cases)('%s', (_, change, rule) => {
    expect(refused(mutated(change).file).join('\n')).toMatch(rule)
  })
})

describe('mutated, our own rules find', () => {
  const statement = (r: Mutable, role = 'SweepRole') => r[role].Properties.Policies[0].PolicyDocument.Statement
  const cases: readonly [string, (resources: Mutable, template: Mutable) => void, string][] = [
    [
      'an invocation from any account',
      r => delete r.RotateBySecretsManager.Properties.SourceAccount,
      'any account may invoke',
    ],
    ['an invocation by any secret', r => delete r.RotateBySecretsManager.Properties.SourceArn, 'may invoke'],
    [
      'a role for two',
      r => (r.WorkerLambdaFunction.Properties.Role = r.SweepLambdaFunction.Properties.Role),
      'share a role',
    ],
    ['a wide action', r => (statement(r)[0].Action = 'secretsmanager:*'), 'a pattern of actions'],
    ['a wide resource', r => (statement(r)[0].Resource = '*'), 'something on everything'],
    [
      'whole batches',
      r => delete r.WorkerEventSourceMappingSQSWorkQueue.Properties.FunctionResponseTypes,
      'for a success',
    ],
    ['a short time-out', r => (r.WorkQueue.Properties.VisibilityTimeout = 300), 'comes back while it is worked on'],
    ['no dead letters of the queue', r => delete r.WorkQueue.Properties.RedrivePolicy, 'comes back for ever'],
    ['no dead letters of the rule', r => delete r.SweepRule.Properties.Targets[0].DeadLetterConfig, 'loses what'],
    ['two schedules at once', r => delete r.SweepInTimeZone.Condition, 'beside the other one'],
    [
      'a schedule of its own',
      r => (r.SweepRule.Properties.ScheduleExpression = 'rate(1 day)'),
      'a schedule of its own',
    ],
    ['another processor', r => (r.RotateLambdaFunction.Properties.Architectures = ['x86_64']), 'is not on arm64'],
    ['a log for ever', r => delete r.RotateLogGroup.Properties.RetentionInDays, 'keeps its log for ever'],
    ['an alarm after the time-out', r => (r.WorkerNearTimeOutAlarm.Properties.Threshold = 300_000), 'four fifths'],
    [
      'a widget of a metric that nobody writes',
      r =>
        (r.Dashboard.Properties.DashboardBody['Fn::Sub'] = r.Dashboard.Properties.DashboardBody['Fn::Sub'].replace(
          'HaltedSecrets',
          'Halted',
        )),
      'no function writes Halted',
    ],
    ['no way into a VPC', r => delete r.OnEventLambdaFunction.Properties.VpcConfig, 'brought into a VPC'],
  ]
  test.each(cases)('%s', (_, change, says) => {
    expect(mistakesOf(mutated(change).template).join('\n')).toContain(says)
  })
})
