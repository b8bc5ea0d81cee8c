/**
 * `npm run e2e` has itself run: the whole script as a process, against our fakes of the three clouds.
 * Planted: no clean-up, a clean-up of any prefix, no --yes, a copy that does not follow, a label that does not move: each failed here.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { CreateSecretCommand, DeleteSecretCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import { afterEach, describe, expect, test } from 'vitest'
import { openAccount } from '../../e2e/account.ts'
import { exercise, type Step } from '../../e2e/run.ts'
import { KEY, REGION, secretsManager } from '../cli/aws.ts'
import { CONTAINER, fakeAzure } from '../cli/azure.ts'
import { secretManager, surroundings } from '../cli/gcp.ts'

const aws = secretsManager()
const gcp = secretManager()
const azure = fakeAzure()
const PROGRAM = resolve(import.meta.dirname, '../../e2e/main.ts')

async function e2e(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args], {
    env: { ...process.env, ...surroundings, ...env },
  })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', chunk => (printed[name] += chunk))
  const [code] = await once(child, 'close')
  return { code, ...printed }
}

const places = {
  aws: () => ['--cloud', 'aws', '--region', REGION, '--endpoint', aws().endpoint],
  gcp: () => ['--cloud', 'gcp', '--project', gcp().projectId, '--endpoint', `${gcp().host}:${gcp().port}`],
  azure: () => {
    const { vault, blobs } = azure()
    const journal = `${blobs.endpoint}/${CONTAINER}`
    return ['--cloud', 'azure', '--vault', vault.vaultUrl, '--endpoint', vault.endpoint, '--journal', journal]
  },
}
/** As others see it. */
const left = {
  aws: async () => {
    const client = aws().client()
    const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }))
    client.destroy()
    return SecretList.map(({ Name }) => Name)
  },
  gcp: async () => {
    const client = gcp().client()
    const [secrets] = await client.listSecrets({ parent: `projects/${gcp().projectId}` })
    await client.close()
    return secrets.map(({ name }) => name)
  },
  azure: async () => azure().blobs.service.names(CONTAINER),
}

const SENTENCES = [
  'a secret is created, and consumers read it',
  'it is copied to a second secret',
  'a rotation moves current to a new value',
  'previous is what current was',
  'the copy has followed',
  'nothing drifts',
  'a revocation ends the old one, rotates, and ends that too',
  'nothing is left to retire',
  'the trail has every step',
]

describe.each(['aws', 'gcp', 'azure'] as const)('%s', cloud => {
  test('keeps every sentence at our fake, says what it costs, and leaves nothing', async () => {
    const { code, stdout, stderr } = await e2e([...places[cloud](), '--yes'])
    const said = [...stdout.matchAll(/^✔ (.*)$/gm)].map(([, sentence]) => sentence)
    const kept = SENTENCES.filter(sentence => cloud !== 'azure' || sentence !== 'previous is what current was')
    expect(said.slice(0, -1), stdout + stderr).toEqual(kept)
    expect(stdout).toMatch(
      /^Makes and deletes again secrets of .* whose names begin with lockstep-e2e-[0-9a-f]{6}-\n.*US cent/,
    )
    expect(stdout).toMatch(
      /✔ nothing is left whose name begins with lockstep-e2e-[0-9a-f]{6}-\nKept, on a server of this machine\.\n$/,
    )
    expect(code).toBe(0)
    expect(await left[cloud]()).toEqual([])
    const made = { aws: () => aws().calls.count('CreateSecret'), gcp: () => gcp().calls.count('CreateSecret') }
    if (cloud !== 'azure') expect(made[cloud]()).toBeGreaterThanOrEqual(2)
  }, 180_000)

  test('without --yes nothing is done', async () => {
    const { code, stdout, stderr } = await e2e(places[cloud]())
    expect(code).toBe(2)
    expect(stdout).not.toContain('✔')
    expect(stderr).toContain('Nothing was done: say --yes.')
  }, 180_000)
})

describe('a run that does not go well', () => {
  afterEach(() => aws().permissions.reset())

  test('stops where a sentence is not kept, says why, and takes everything away', async () => {
    aws().permissions.denyAction(KEY, 'secretsmanager:UpdateSecretVersionStage')
    const { code, stdout } = await e2e([...places.aws(), '--yes'])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /✖ it is copied to a second secret\n {4}lockstep replicate orders: exit 4 secretsmanager:Update\w+ on /,
    )
    expect(stdout).toContain('Not kept, on a server of this machine.')
    expect(await left.aws()).toEqual([])
  }, 120_000)

  test.each([
    [
      'cannot be read',
      () => Promise.reject(Object.assign(new Error('no'), { name: 'Throttled' })),
      0,
      '; read back: Throttled',
    ],
    ['stays as it was', async () => 'the same', 2, 'exit 0'],
  ])(
    'what consumers read %s: not kept',
    async (_, read, kept, detail) => {
      const account = await openAccount({ store: 'aws', region: REGION, endpoint: aws().endpoint })
      const prefix = 'lockstep-e2e-0f0f0f-'
      const steps: Step[] = []
      const done = (step: Step) => void steps.push(step)
      const { signal } = new AbortController()
      expect(await exercise({ account: { ...account, read }, prefix, signal, done })).toBe(false)
      expect(steps.map(step => step.kept)).toEqual([...Array(kept).fill(true), false])
      expect(steps.at(-1)!.detail).toContain(detail)
      for (const id of await account.list(prefix)) await account.remove(id)
      expect(await left.aws()).toEqual([])
    },
    120_000,
  )

  test('what it could not take away is said, with the command that does; that takes nothing else', async () => {
    aws().permissions.denyAction(KEY, 'secretsmanager:DeleteSecret')
    const run = await e2e([...places.aws(), '--yes'])
    expect(run.code).toBe(1)
    const [, prefix] = /✖ could not clean up: .*\n {4}Later: npm run e2e -- --cloud aws --clean (\S+) --yes/.exec(
      run.stdout,
    )!
    aws().permissions.reset()
    const client = aws().client()
    const others = ['lockstep-e2e-000000-x', 'prod/orders']
    for (const Name of others) await client.send(new CreateSecretCommand({ Name, SecretString: 'x' }))
    const cleaned = await e2e([...places.aws(), '--clean', prefix!, '--yes'])
    expect(cleaned.code, cleaned.stdout).toBe(0)
    expect((await left.aws()).toSorted()).toEqual(others)
    for (const SecretId of others)
      await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
    client.destroy()
  }, 180_000)

  test('without credentials: a sentence, and nothing made', async () => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' }
    const files = { AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' }
    const { code, stderr, stdout } = await e2e([...places.aws(), '--yes'], { ...none, ...files })
    expect(code).toBe(4)
    expect(stderr).toMatch(/^aws does not let this process in, so nothing was made\. .*deploy-check --cloud aws`\.\n$/)
    expect(stdout).not.toContain('✔')
    expect(aws().calls.count('CreateSecret')).toBe(0)
  }, 180_000)
})

describe('the command line', () => {
  test.each([
    [['--cloud', 'gpc'], '--cloud must be aws, gcp or azure.'],
    [[], '--cloud must be aws, gcp or azure.'],
    [['--cloud', 'aws', '--clean', 'prod-', '--yes'], '--clean takes the prefix of a run'],
    [['--cloud', 'aws', '--clean', 'lockstep-e2e-', '--yes'], '--clean takes the prefix of a run'],
    [['--cloud', 'aws', '--please'], "Unknown option '--please'"],
  ])(
    '%j',
    async (args, says) => {
      expect(await e2e(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) })
    },
    60_000,
  )

  test.each([
    [['--cloud', 'gcp', '--yes'], '--cloud gcp needs --project.'],
    [['--cloud', 'azure', '--yes'], '--cloud azure needs --vault'],
  ])(
    '%j: nobody is asked',
    async (args, says) => {
      expect(await e2e(args)).toMatchObject({ code: 4, stderr: expect.stringContaining(says) })
    },
    60_000,
  )
})
