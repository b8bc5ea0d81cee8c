/**
 * One whole rotation in four steps, every call to Secrets Manager answered after 5 ms, against the bare script: in one warm process,
 * in turn.
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Cloud, FUNCTION_KEY } from '../../demo/aws/cloud.ts'
import { durable, type Strategy, strategies } from '../arena.ts'
import { median, type Result, result } from '../result.ts'
import { countCalls } from './calls.ts'
import type { Answer, Order } from './rotation-process.ts'

const LATENCY_MS = 5
const PAIRS = 60
const WARM_UP = 10
const GOAL = 1.2

export async function awsRotationTime(): Promise<Result[]> {
  const cloud = (await Cloud.open(durable))!
  const child = fork(path.join(import.meta.dirname, 'rotation-process.ts'), [cloud.bundle], {
    // nothing of ours, as a function sees it
    env: {
      ...{ SECRETS_MANAGER_ENDPOINT: cloud.fake.endpoint, AWS_REGION: cloud.fake.region },
      ...{ AWS_ACCESS_KEY_ID: FUNCTION_KEY, AWS_SECRET_ACCESS_KEY: 'test' },
    },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], // the function's log is no result
  })
  try {
    await once(child, 'message')
    cloud.fake.faults.every('*', { latencyMs: LATENCY_MS })
    const results: Result[] = []
    for (const strategy of strategies) results.push(...(await measured(cloud, child, strategy)))
    return results
  } finally {
    child.kill()
    await cloud.close()
  }
}

async function measured(cloud: Cloud, child: ChildProcess, strategy: Strategy): Promise<Result[]> {
  const secrets = { function: `bench/function_${strategy}`, bare: `bench/bare_${strategy}` }
  for (const secret of Object.values(secrets)) await cloud.makeSecret(secret, strategy)
  // ours makes it in the first rotation, which is not measured
  if (strategy === 'alternating-users') await cloud.makeClone('bare_alternating-users')
  const rotation = (who: Order['who']) => oneRotation(cloud, child, { who, secret: secrets[who], strategy })
  const times: { readonly ours: number; readonly bare: number }[] = []
  let calls = { function: '', bare: '' }
  for (let pair = 0; pair < PAIRS + WARM_UP; pair++) {
    // in turn, and each first every other time
    const first: Order['who'] = pair % 2 === 0 ? 'function' : 'bare'
    const one = await rotation(first)
    const two = await rotation(first === 'bare' ? 'function' : 'bare')
    const [ours, bare] = first === 'function' ? [one, two] : [two, one]
    calls = { function: ours.operations, bare: bare.operations }
    if (pair >= WARM_UP) times.push({ ours: ours.ms, bare: bare.ms })
  }
  if (calls.function !== calls.bare)
    throw new Error(
      `The bare script makes the calls ${calls.bare}, the function ${calls.function}: nothing is compared.`,
    )
  const name = `aws (fake), ${strategy}`
  return [
    // of each pair, because what else the machine does slows both of a pair down
    result(`${name}: rotation, 5 ms a call / bare script`, median(times.map(t => t.ours / t.bare)), '×', GOAL),
    result(`${name}: rotation, 5 ms a call`, median(times.map(t => t.ours)), 'ms'),
    result(`${name}: the bare script`, median(times.map(t => t.bare)), 'ms'),
  ]
}

async function oneRotation(
  { fake }: Cloud,
  child: ChildProcess,
  { who, secret, strategy }: { who: Order['who']; secret: string; strategy: Strategy },
): Promise<{ readonly ms: number; readonly operations: string }> {
  const { arn, token, rotationToken } = fake.service.beginRotation(secret)
  let ms = 0
  const { operations } = await countCalls(fake, async () => {
    child.send({ who, secret: arn, alternating: strategy !== 'single-user', token, rotationToken } satisfies Order)
    const [answer] = (await once(child, 'message')) as [Answer]
    if ('error' in answer) throw new Error(`${who}, ${strategy}: ${answer.error}`)
    ms = answer.ms
  })
  fake.service.endRotation(arn, token, 'succeeded')
  return { ms, operations }
}
