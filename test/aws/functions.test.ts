/**
 * The built functions of a fleet, each run by AWS's own runtime client, with `lockstep.yml` beside it, over the fake of Secrets Manager.
 * Planted: an import of the configuration's schema at the start (load time), and `lockstep.yml` looked for in the working directory.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeItem } from '../../core/fleet/work-item.ts'
import { buildGroup, type LambdaBundle } from '../../scripts/build-lambda.ts'
import { doneWithout } from '../../scripts/drivers.ts'
import { type Lambda, startLambda } from '../fakes/aws/lambda.ts'
import { startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { requireServer } from '../stand/stand.ts'
import { configText, DAY, targetModule, value } from './fleet-support.ts'

const names = ['sweep', 'on-event', 'worker'] as const
type FunctionName = (typeof names)[number]
const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-functions-'))
const past = Date.now() - 40 * DAY
const clock = { time: past }
const aws = await startSecretsManager({ now: () => clock.time })
let bundles: ReadonlyMap<string, LambdaBundle>
const running: Lambda[] = []

beforeAll(async () => {
  bundles = await buildGroup(folder, 'fleet')
  writeFileSync(path.join(folder, 'lockstep.yml'), configText(['a', 'b', 'c']))
  writeFileSync(path.join(folder, 'target.mjs'), targetModule)
})
afterAll(async () => {
  for (const lambda of running) await lambda.close()
  await aws.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(name: FunctionName): Promise<Lambda | undefined> {
  const env = {
    SECRETS_MANAGER_ENDPOINT: aws.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  const { entry } = bundles.get(name)!
  const lambda = requireServer(await startLambda({ bundle: entry, env, timeoutMs: 60_000, memory: 256 }))
  if (lambda) running.push(lambda)
  return lambda
}

const password = (name: string): string => {
  const found = [...aws.service.peek(name).versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))
  return (JSON.parse(found!.value!) as { password: string }).password
}

describe('under the runtime client', () => {
  test('sweep, worker and on-event do their work', async context => {
    const sweep = await start('sweep')
    if (!sweep) return context.skip()
    for (const name of ['a', 'b', 'c']) aws.service.createSecret({ name, value: value(name, 'first') })
    clock.time = Date.now()
    const swept = await sweep.invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} })
    expect(swept).toMatchObject({ ok: true, result: { secrets: 3, looked: 3, failed: 0, outcomes: { rotated: 3 } } })
    for (const name of ['a', 'b', 'c']) expect(password(name)).not.toBe('first')
    expect(sweep.stdout()).toContain('"event_type":"secret_rotated"')
    for (const name of ['a', 'b', 'c']) expect(sweep.stdout() + sweep.stderr()).not.toContain(password(name))

    const worker = (await start('worker'))!
    const message = {
      messageId: '1',
      eventSource: 'aws:sqs',
      body: writeItem({ secret: 'a', do: 'rotate', asked: past }),
    }
    expect(await worker.invoke({ Records: [message] })).toMatchObject({ ok: true, result: { batchItemFailures: [] } })
    const lost = { ...message, messageId: '2', body: 'nothing' }
    const half = await worker.invoke({ Records: [message, lost] })
    expect(half).toMatchObject({ result: { batchItemFailures: [{ itemIdentifier: '2' }] } })

    const ear = (await start('on-event'))!
    const notice = {
      'detail-type': 'AWS Service Event via CloudTrail',
      source: 'aws.secretsmanager',
      detail: { eventName: 'RotationFailed', additionalEventData: { SecretId: aws.service.peek('b').arn } },
    }
    expect(await ear.invoke(notice)).toMatchObject({ ok: true, result: { outcome: 'not-due', secret: 'b' } })
    expect(await ear.invoke({ hello: 'there' })).toMatchObject({ ok: false, errorType: 'LockstepError' })
  }, 120_000)
})

/** Runs a program in a fresh process that can find no package. */
const run = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env.PATH!, AWS_REGION: 'eu-central-1' },
  })

describe.each(names)('%s', name => {
  test('is complete but for previews and optional parts, and at most 4 MB, most of it loaded when it is needed', () => {
    const { files, bytes, absent } = bundles.get(name)!
    expect(absent.filter(name => !doneWithout.includes(name))).toEqual([])
    for (const file of files) expect(file.name).toMatch(new RegExp(`^(${name}|fleet-[\\w-]+)\\.mjs$`))
    expect(bytes).toBeLessThanOrEqual(4_000_000)
    const atStart = files.filter(({ when }) => when === 'start')
    expect(atStart.reduce((sum, file) => sum + file.bytes, 0)).toBeLessThanOrEqual(175_000)
    for (const held of ['zod', 'yaml', 'pg', 'mysql2', 'mongodb'])
      expect(atStart.flatMap(({ holds }) => holds)).not.toContain(held)
  })

  test('every chunk loads', () => {
    const files = bundles.get(name)!.files.map(file => file.name)
    const program = `for (const name of ${JSON.stringify(files)}) await import('./' + name); console.log('all')`
    expect(run(program).trim()).toBe('all')
  })
})

test('each loads in at most 1.3 times the time of the SDK alone, in the same run', async () => {
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }
  const commands = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'ListSecrets']
  const exported = ['SecretsManagerClient', ...commands.map(command => `${command}Command`)].join(', ')
  await build({
    stdin: {
      contents: `export { ${exported} } from '@aws-sdk/client-secrets-manager'`,
      resolveDir: import.meta.dirname,
    },
    ...{ outfile: path.join(folder, 'sdk.mjs'), bundle: true, minify: true, platform: 'node', format: 'esm' },
    ...{ target: 'node22', mainFields: ['module', 'main'], banner, logLevel: 'error' },
  })
  const time = (file: string) =>
    Number(
      run(`const began = performance.now(); await import('./${file}.mjs'); console.log(performance.now() - began)`),
    )
  const times = new Map<string, number[]>(['sdk', ...names].map(name => [name, []]))
  for (let n = 0; n < 11; n++) for (const [name, each] of times) each.push(time(name))
  const median = (name: string) => times.get(name)!.toSorted((a, b) => a - b)[5]!
  for (const name of names) expect(median(name) / median('sdk'), name).toBeLessThanOrEqual(1.3)
}, 120_000)
