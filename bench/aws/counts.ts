/**
 * Counts on the fake of Secrets Manager that no machine changes: calls and logins of a rotation, by the built function, by what
 * AWS's template does, and by Lockstep without a function.
 * @module
 */
import { Cloud, FUNCTION_KEY } from '../../demo/aws/cloud.ts'
import { Template } from '../../demo/aws/template.ts'
import type { Invoke } from '../../test/fakes/aws/rotation-driver.ts'
import { type Strategy, strategies } from '../arena.ts'
import { loginsIn } from '../counts.ts'
import { type Result, result } from '../result.ts'
import { countCalls } from './calls.ts'
import { countSelfDriven } from './self-driven.ts'

const goals = {
  'single-user': { calls: 8, logins: 2 },
  'alternating-users': { calls: 9, logins: 3 },
} as const
const ROTATIONS = 4

export async function awsCounts(): Promise<Result[]> {
  const cloud = (await Cloud.open({ log_connections: 'on' }))!
  try {
    const lambda = await cloud.function()
    if (!lambda) throw new Error("AWS's runtime client cannot be run on this machine.")
    const results: Result[] = []
    for (const strategy of strategies)
      results.push(...(await countFunction(cloud, strategy, event => lambda.invoke(event))))
    const refused = loginsIn(cloud.server.log()).refused
    results.push(result('aws (fake): logins that a rotation makes to see them fail', refused, '', 0))
    results.push(...(await countTemplate(cloud)))
    return [...results, ...(await countSelfDriven(cloud)), await memoryOf(cloud)]
  } finally {
    await cloud.close()
  }
}

async function countFunction(cloud: Cloud, strategy: Strategy, invoke: Invoke): Promise<Result[]> {
  const secret = await cloud.makeSecret(`bench/counted_${strategy}`, strategy)
  const most = { calls: 0, logins: 0, operations: '' }
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    const before = loginsIn(cloud.server.log())
    const { calls, operations } = await countCalls(cloud.fake, () => rotated(cloud, secret, invoke))
    most.logins = Math.max(most.logins, loginsIn(cloud.server.log()).attempts - before.attempts)
    if (calls > most.calls) Object.assign(most, { calls, operations })
  }
  const { calls, logins } = goals[strategy]
  return [
    result(`aws (fake), ${strategy}: calls per rotation`, most.calls, most.operations, calls),
    result(`aws (fake), ${strategy}: logins per rotation`, most.logins, '', logins),
  ]
}

async function countTemplate(cloud: Cloud): Promise<Result[]> {
  const secret = await cloud.makeSecret('bench/counted_template', 'single-user')
  const client = cloud.fake.client({ credentials: { accessKeyId: FUNCTION_KEY, secretAccessKey: 'test' } })
  const { invoke, logins } = new Template(client)
  const { calls, operations } = await countCalls(cloud.fake, () => rotated(cloud, secret, invoke))
  client.destroy()
  return [
    result("aws (fake), AWS's template, single-user: calls per rotation", calls, operations),
    result("aws (fake), AWS's template, single-user: logins per rotation", logins.all, `(${logins.refused} refused)`),
  ]
}

async function rotated(cloud: Cloud, secret: string, invoke: Invoke): Promise<void> {
  const { outcome, failure } = await cloud.rotate(secret, invoke)
  if (outcome !== 'succeeded') throw new Error(`Expected a rotation, got ${outcome}: ${failure?.errorMessage}`)
}

/** Of one cold process that makes one rotation, with the runtime client and Node.js in it. */
async function memoryOf(cloud: Cloud): Promise<Result> {
  const secret = await cloud.makeSecret('bench/memory', 'alternating-users')
  const lambda = (await cloud.function())!
  await rotated(cloud, secret, event => lambda.invoke(event))
  return result('aws: peak memory of a function after one rotation', lambda.peakMemory / 2 ** 20, 'MiB')
}
