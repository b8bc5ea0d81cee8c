import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { runtimeClient } from '../../stand/ric.ts'
import { requireServer } from '../../stand/stand.ts'
import { type Lambda, startLambda } from './lambda.ts'
import { driveRotation, type Invoke } from './rotation-driver.ts'
import { type FakeSecretsManager, startSecretsManager } from './secrets-manager.ts'

// The whole chain: the service's driver, the fake over HTTP, and a bundle with the real SDK in it under AWS's runtime client.

const here = requireServer(await runtimeClient())

// Below the project, where the SDK can be found; ignored by git.
const folder = mkdtempSync(path.join(import.meta.dirname, '../../../node_modules/.lambda-'))
const bundle = path.join(folder, 'rotate.mjs')
const source = `
import * as sdk from '@aws-sdk/client-secrets-manager'
const client = new sdk.SecretsManagerClient({})
export const handler = async ({ Step, SecretId, ClientRequestToken: token }) => {
  console.log(Step)
  if (process.env.HANG_IN === Step) await new Promise(() => setInterval(() => {}, 1000))
  const { VersionIdsToStages } = await client.send(new sdk.DescribeSecretCommand({ SecretId }))
  if (VersionIdsToStages[token].includes('AWSCURRENT')) return
  if (Step === 'createSecret')
    await client.send(new sdk.PutSecretValueCommand({
      SecretId, ClientRequestToken: token, SecretString: 'value of ' + token, VersionStages: ['AWSPENDING'] }))
  if (Step !== 'finishSecret') return
  const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
  await client.send(new sdk.UpdateSecretVersionStageCommand({
    SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: token, RemoveFromVersionId: current }))
}
`

let fake: FakeSecretsManager
let lambda: Lambda
beforeAll(async () => {
  writeFileSync(path.join(folder, 'rotate.ts'), source)
  await build({
    entryPoints: [path.join(folder, 'rotate.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(async () => {
  await lambda?.close()
  await fake?.close()
})

async function start(env: Record<string, string> = {}): Promise<Invoke> {
  fake = await startSecretsManager()
  fake.service.createSecret({ name: 'app', value: 'first', rotation: { lambdaArn: 'arn:aws:lambda:…' } })
  const address = { AWS_ENDPOINT_URL_SECRETS_MANAGER: fake.endpoint }
  lambda = requireServer(await startLambda({ bundle, timeoutMs: 10_000, env: { ...address, ...env } }))!
  return event => lambda.invoke(event)
}

const currentValue = (): string | undefined =>
  [...fake.service.peek('app').versions.values()].find(({ stages }) => stages.includes('AWSCURRENT'))?.value

describe.skipIf(!here)('a bundle that Secrets Manager rotates with', () => {
  test('four steps in one warm process, which calls the fake with its own credentials', async () => {
    const invoke = await start({ AWS_ACCESS_KEY_ID: 'the-role' })
    const { outcome, token } = await driveRotation(fake, 'app', invoke)
    expect([outcome, currentValue()]).toEqual(['succeeded', `value of ${token}`])
    expect(lambda.starts).toHaveLength(1)
    expect(new Set(fake.calls.list.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['the-role']))
    expect(lambda.stdout().match(/\w+Secret$/gm)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
  })

  test('killed again and again at any moment, it converges with one token', async () => {
    const invoke = await start()
    for (let round = 0; round < 5; round++) {
      let kills = 0
      const dangerous: Invoke = async event => {
        const answer = invoke(event)
        if (kills < 6) {
          await new Promise(resolve => setTimeout(resolve, Math.random() * 250))
          kills++
          await lambda.kill()
        }
        return answer
      }
      const { outcome, token } = await driveRotation(fake, 'app', dangerous, { attempts: 10 })
      expect([outcome, currentValue()]).toEqual(['succeeded', `value of ${token}`])
    }
  })

  test('a step that never ends costs its time, and fails the attempt', async () => {
    await start({ HANG_IN: 'testSecret' })
    // the other steps have time, however busy the machine is
    const invoke: Invoke = event => lambda.invoke(event, event.Step === 'testSecret' ? { timeoutMs: 300 } : {})
    const { outcome, calls, failure } = await driveRotation(fake, 'app', invoke, { attempts: 2 })
    expect([outcome, failure?.errorType]).toEqual(['failed', 'Sandbox.Timedout'])
    expect(calls.filter(({ answer }) => answer.ok)).toHaveLength(4)
    expect(lambda.starts).toHaveLength(2)
  })

  test('two rotations at once are two processes, and one of them is refused', async () => {
    const invoke = await start()
    const both = await Promise.all([driveRotation(fake, 'app', invoke), driveRotation(fake, 'app', invoke)])
    expect(both.map(({ outcome }) => outcome)).toEqual(['succeeded', 'refused'])
  })
})
