/**
 * What the roles on AWS are granted: everything that their functions ask for, over the fake of Secrets Manager [fake], and nothing that
 * none of them misses when it is taken away.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { permissions } from '../../infra/permissions/aws.ts'
import { type FunctionName, functionNames } from '../../infra/permissions/aws-calls.ts'
import { statementsOf } from '../../infra/permissions/aws-policy.ts'
import { DAY, MINUTE } from '../aws/fleet-support.ts'
import { Gate, type Statement } from './permissions-aws-checker.ts'
import { config } from './permissions-aws-config.ts'
import { Site } from './permissions-aws-site.ts'

const granted = permissions(config, { region: 'us-east-1' })
const policies: Readonly<Record<FunctionName, readonly Statement[]>> = {
  rotate: statementsOf(granted.rotate),
  sweep: statementsOf(granted.sweep),
  onEvent: statementsOf(granted.onEvent),
  worker: statementsOf(granted.worker),
}

/** What Lambda does with the role before and after our code: nothing here asks for it. */
const ofLambda: Readonly<Record<string, readonly FunctionName[]>> = {
  'Logs logs:CreateLogStream': ['rotate', 'sweep', 'onEvent', 'worker'],
  'Logs logs:PutLogEvents': ['rotate', 'sweep', 'onEvent', 'worker'],
  'DeadLetters sqs:SendMessage': ['sweep', 'onEvent'],
  'Work sqs:ReceiveMessage': ['worker'],
  'Work sqs:DeleteMessage': ['worker'],
  'Work sqs:GetQueueAttributes': ['worker'],
}

/** Without it a run ends as well, for what is published is published: dates are later, and the next run knows less. */
const quiet: readonly string[] = ['Secrets secretsmanager:TagResource', 'Register secretsmanager:TagResource']

/** Kinds that no life of a function reaches here: the calls behind them are made one by one. */
const oneByOne: readonly string[] = ['Replicas', 'Logins', 'Read', 'Services', 'Lambdas']

interface Ran {
  readonly denied: readonly string[]
  readonly outcomes: readonly string[]
}

/** Each operation of a function, in one life; what it threw or answered. */
async function run(fn: FunctionName, statements: readonly Statement[], what?: 'one by one'): Promise<Ran> {
  const site = new Site(new Gate(statements))
  await site.begun()
  const outcomes: string[] = []
  const step: Step = async doing => {
    const answer = await doing().then(
      done => JSON.stringify(done ?? 'done'),
      (error: Error) => `threw ${error.message}`,
    )
    const failures = site.lines.splice(0).filter(({ level }) => level === 'ERROR')
    outcomes.push([answer, ...failures.map(({ code, secret }) => `${code} ${secret}`)].join('; '))
  }
  if (fn === 'rotate') await stepsOf(site, step)
  else if (what === undefined) await lifeOf(fn, site, step)
  if (fn !== 'rotate') await callsOf(site, step)
  return { denied: site.gate.denied, outcomes }
}

type Step = (doing: () => Promise<unknown>) => Promise<void>

async function lifeOf(fn: Exclude<FunctionName, 'rotate'>, site: Site, step: Step): Promise<void> {
  const ask = (name: string, what: 'rotate' | 'retire' | 'replicate') =>
    step(() => (fn === 'sweep' ? site.sweep() : site.ask(fn, name, what)))
  site.clock.time += 31 * DAY
  for (const name of fn === 'sweep' ? ['all'] : ['copied', 'driven', 'filler-1', 'filler-2']) await ask(name, 'rotate')
  await step(() => site.rollback('filler-2'))
  site.edit('filler-1')
  await ask('filler-1', 'rotate')
  site.clock.time += 120 * MINUTE
  if (fn !== 'onEvent') await ask('copied', 'retire')
  await ask('copied', 'replicate')
  site.clock.time += 31 * DAY
  if (fn === 'sweep') site.fake.faults.next('PutSecretValue', 'throttle', 100)
  await ask('filler-3', 'rotate')
}

async function callsOf(site: Site, step: Step): Promise<void> {
  await step(() => site.detach())
  await step(() => site.login())
  await step(() => site.read())
  await step(() => site.hook('ecs'))
  await step(() => site.hook('lambda'))
}

async function stepsOf(site: Site, step: Step): Promise<void> {
  await step(() => site.steps())
  await step(() => site.admin())
}

describe.each(functionNames)('%s', fn => {
  let whole: Ran
  beforeAll(async () => {
    whole = await run(fn, policies[fn])
  }, 120_000)

  test('needs nothing that its role is not granted', () => {
    expect(whole.denied).toEqual([])
    expect(whole.outcomes.filter(each => /^threw/.test(each))).toEqual([])
  })

  const each = policies[fn].flatMap(({ Sid, Action }) => Action.map(action => [Sid, action] as const))
  test.each(each.filter(([sid, action]) => !ofLambda[`${sid} ${action}`]?.includes(fn)))(
    'misses %s %s',
    async (sid, action) => {
      const without = policies[fn].map(statement =>
        statement.Sid === sid ? { ...statement, Action: statement.Action.filter(name => name !== action) } : statement,
      )
      const alone = oneByOne.includes(sid) ? 'one by one' : undefined
      const { denied, outcomes } = await run(fn, without, alone)
      expect(denied.filter(one => one.startsWith(`${action} `))).not.toEqual([])
      if (!quiet.includes(`${sid} ${action}`)) expect(outcomes).not.toEqual(whole.outcomes.slice(-outcomes.length))
    },
    120_000,
  )
})

test('what is listed as Lambda’s is granted, and nothing else is left out', () => {
  for (const [one, fns] of Object.entries(ofLambda))
    for (const fn of fns) {
      const [sid, action] = one.split(' ')
      expect(policies[fn].find(({ Sid }) => Sid === sid)?.Action, `${fn} ${one}`).toContain(action)
    }
})
