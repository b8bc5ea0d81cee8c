/**
 * The migration page: its recipes are run, call by call, against the fake of Secrets Manager, with the built rotation function under
 * AWS's runtime client and a real PostgreSQL behind it. What calls AWS Lambda, or declares the same to a tool, is only read.
 */
import * as sdk from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { builtBundle } from '../aws/bundle-run.ts'
import { type Lambda, startLambda } from '../fakes/aws/lambda.ts'
import { type DrivenRotation, driveStarted, type Invoke, type StepAnswer } from '../fakes/aws/rotation-driver.ts'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import { startPostgres } from '../stand/postgres.ts'
import { runtimeClient } from '../stand/ric.ts'
import { requireServer } from '../stand/stand.ts'
import { type Block, blocksOf, page } from './blocks.ts'

const PAGE = 'docs/migrate-from-aws-templates.md'
const OURS = 'arn:aws:lambda:eu-central-1:123456789012:function:lockstep-rotate'
const ROLE_KEY = 'the-role-of-the-function'
const server = requireServer(await startPostgres())
const runtime = requireServer(await runtimeClient())
const blocks = blocksOf(PAGE)
const text = page(PAGE)

/** A command of the AWS CLI: its service, operation and options; a flag `--no-x` is `x: false`. */
interface Command {
  readonly service: string
  readonly operation: string
  readonly options: Readonly<Record<string, string | false>>
}

const pascal = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace(/Arn$/, 'ARN')

function commandsOf(block: Block): readonly Command[] {
  const lines = block.text.replaceAll(/\\\n\s*/g, '').split('\n')
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [aws, service, operation, ...words] = line.split(' ')
      expect(aws).toBe('aws')
      const options: Record<string, string | false> = {}
      while (words.length > 0) {
        const [name, value] = words.splice(0, words[1]?.startsWith('--') === false ? 2 : 1)
        if (value === undefined) options[pascal(name!.replace('--no-', ''))] = false
        else options[pascal(name!.slice(2))] = value
      }
      return { service: service!, operation: operation!, options }
    })
}

/** The part of the page below a heading, up to the next one of its level. */
function recipe(heading: string): readonly Block[] {
  const from = text.slice(0, text.indexOf(heading)).split('\n').length
  const next = text.indexOf('\n##', text.indexOf(heading) + heading.length)
  const to = text.slice(0, next).split('\n').length
  return blocks.filter(({ line }) => line > from && line < to)
}

const recipes = [...text.matchAll(/^### (.*)$/gm)].map(([heading]) => heading)

describe('the migration page', () => {
  test('has four recipes, each with permission, VPC, canary, rotation and the way back', () => {
    expect(recipes).toHaveLength(4)
    for (const heading of recipes) {
      const all = recipe(heading)
        .map(block => block.text)
        .join('\n')
      expect(all, heading).toMatch(/secretsmanager\.amazonaws\.com/)
      expect(all, heading).toMatch(/source[-_]?account/i)
      expect(all, heading).toMatch(/vpc/i)
      expect(all, heading).toMatch(/# back:/)
      expect(all, heading).not.toMatch(/source[-_]?arn/i)
    }
  })

  test('lets Secrets Manager in as AWS advises: by account, so that one function serves many secrets', () => {
    const permissions = blocks
      .filter(({ more }) => more === 'aws')
      .flatMap(commandsOf)
      .filter(({ operation }) => operation === 'add-permission')
    expect(permissions.length).toBeGreaterThan(2)
    for (const { service, options } of permissions) {
      expect(service).toBe('lambda')
      expect(options).toEqual({
        FunctionName: OURS.split(':').at(-1),
        StatementId: 'SecretsManager',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: '123456789012',
      })
    }
  })

  test('names every setting of the function, and no other', async () => {
    const { readSettings } = await import('../../aws/drop-in/settings.ts')
    const { passwordVariables } = await import('../../aws/drop-in/password.ts')
    const listed = [...text.matchAll(/^\| `(LOCKSTEP_[A-Z_]+)` \|/gm)].map(([, name]) => name!)
    const { readFileSync } = await import('node:fs')
    const source = readFileSync(new URL('../../aws/drop-in/settings.ts', import.meta.url), 'utf8')
    const known = [...source.matchAll(/^ {2}'(LOCKSTEP_[A-Z_]+)',$/gm)].map(([, name]) => name!)
    expect(known.length).toBeGreaterThan(4)
    expect(listed.sort()).toEqual(known.sort())
    for (const name of passwordVariables) expect(text).toContain(`\`${name}\``)
    expect(() => readSettings({})).not.toThrow()
  })
})

describe.skipIf(!server || !runtime)('every recipe runs', () => {
  let fake: FakeSecretsManager
  let client: sdk.SecretsManagerClient
  let lambda: Lambda
  const driven: { readonly by: string; readonly test: boolean; readonly rotation: Promise<DrivenRotation> }[] = []
  let count = 0

  beforeAll(async () => {
    fake = await startSecretsManager({ region: 'eu-central-1' })
    client = fake.client()
    // exactly the settings that the page says are needed: none; where the fake is, AWS's own variable says
    const env = { AWS_ACCESS_KEY_ID: ROLE_KEY, AWS_ENDPOINT_URL_SECRETS_MANAGER: fake.endpoint }
    const { region } = fake
    lambda = requireServer(await startLambda({ bundle: await builtBundle(), env, region, timeoutMs: 60_000 }))!
  })
  afterAll(async () => {
    client.destroy()
    await lambda.close()
    await fake.close()
    await server?.stop()
  })
  beforeEach(() => {
    driven.splice(0)
  })

  /** Exactly the role of the page. */
  const grantRole = () => {
    const { Statement } = JSON.parse(blocks.find(({ more }) => more === 'role')!.text)
    fake.permissions.reset(ROLE_KEY)
    fake.permissions.grant(ROLE_KEY, Statement[0].Action, [Statement[0].Resource])
  }

  /** A canary with AWS's function behind it; what the service begins is driven to its end. */
  async function canary(old: string): Promise<{ user: string; password: string; stop: () => void }> {
    const user = `canary_${process.pid}_${++count}`
    const password = `first-password-${count}`
    await server!.sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`)
    const { host, port } = server!
    const value = { engine: 'postgres', host, port, username: user, password, dbname: 'postgres', ssl: false }
    const rules = { AutomaticallyAfterDays: 30 } as never
    fake.service.createSecret({
      name: 'prod/canary',
      value: JSON.stringify(value),
      rotation: { lambdaArn: old, rules },
    })
    grantRole()
    const ours: Invoke = event => lambda.invoke(event)
    const theirs = async (): Promise<StepAnswer> => ({ ok: true })
    const stop = fake.service.onRotate(start => {
      const by = fake.service.peek(start.arn).lambdaArn!
      driven.push({ by, test: start.test, rotation: driveStarted(fake, start, by === OURS ? ours : theirs) })
    })
    return { user, password, stop }
  }

  const current = () => {
    const [id, { value }] = [...fake.service.peek('prod/canary').versions].find(([, { stages }]) =>
      stages.includes('AWSCURRENT'),
    )!
    return { id, password: JSON.parse(value!).password as string }
  }

  async function rotateSecret(input: sdk.RotateSecretCommandInput): Promise<(typeof driven)[number]> {
    const before = driven.length
    await client.send(new sdk.RotateSecretCommand(input))
    const made = driven.slice(before)
    expect(made).toHaveLength(1)
    const { outcome, failure } = await made[0]!.rotation
    expect({ outcome, failure }).toEqual({ outcome: 'succeeded', failure: undefined })
    return made[0]!
  }

  const stepsOf = async ({ rotation }: (typeof driven)[number]) => (await rotation).calls.map(({ event }) => event.Step)

  /** What a tool makes of its declaration. */
  const declared: Readonly<Record<string, (text: string) => Partial<sdk.RotateSecretCommandInput>>> = {
    cloudformation: block => {
      const { Resources } = parse(block, { logLevel: 'silent' })
      const schedule = Resources.Schedule.Properties
      expect(Resources.Rotate.Properties).toMatchObject({ Handler: 'rotate.handler', FunctionName: 'lockstep-rotate' })
      expect(schedule.RotationLambdaARN).toBe('Rotate.Arn')
      return { RotateImmediately: schedule.RotateImmediatelyOnUpdate, RotationRules: schedule.RotationRules }
    },
    cdk: block => ({
      RotateImmediately: /rotateImmediatelyOnUpdate: (\w+)/.exec(block)![1] === 'true',
      RotationRules: { AutomaticallyAfterDays: Number(/automaticallyAfter: Duration\.days\((\d+)\)/.exec(block)![1]) },
    }),
    terraform: block => ({
      RotateImmediately: /rotate_immediately\s+= (\w+)/.exec(block)![1] === 'true',
      RotationRules: { AutomaticallyAfterDays: Number(/automatically_after_days = (\d+)/.exec(block)![1]) },
    }),
  }

  test.each(recipes)('%s', async heading => {
    const steps = recipe(heading)
    const commands = steps.filter(({ more }) => more === 'aws').flatMap(commandsOf)
    const old = String(commands.findLast(({ options }) => options.RotationLambdaARN)!.options.RotationLambdaARN)
    expect(old).not.toBe(OURS)
    const { user, password, stop } = await canary(old)
    try {
      const first = current()
      for (const { more, text: block } of steps)
        if (declared[more]) {
          const made = await rotateSecret({
            SecretId: 'prod/canary',
            RotationLambdaARN: OURS,
            ...declared[more]!(block),
          })
          expect(await stepsOf(made)).toEqual(['testSecret'])
          if (more !== 'terraform')
            await rotateSecret({ SecretId: 'prod/canary', RotationLambdaARN: old, RotateImmediately: false })
        }
      expect(current()).toEqual(first)
      for (const { service, operation, options } of commands) {
        if (service === 'lambda') continue
        expect(service).toBe('secretsmanager')
        if (operation === 'describe-secret') {
          const { RotationLambdaARN } = await client.send(new sdk.DescribeSecretCommand({ SecretId: 'prod/canary' }))
          expect(RotationLambdaARN).toBe(old)
          continue
        }
        expect(operation).toBe('rotate-secret')
        const before = current()
        const made = await rotateSecret(options as unknown as sdk.RotateSecretCommandInput)
        const rotates = options.RotateImmediately !== false
        expect(await stepsOf(made)).toEqual(
          rotates ? ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] : ['testSecret'],
        )
        expect(made.by).toBe(options.RotationLambdaARN === old ? old : OURS)
        expect(current().id === before.id).toBe(!rotates)
        await (await server!.connect(user, current().password)).end()
      }
      await expect(server!.connect(user, password)).rejects.toMatchObject({ code: '28P01' })
      expect(fake.service.peek('prod/canary')).toMatchObject({ lambdaArn: old, rotationEnabled: true })
      // Beyond the four actions nothing was even tried.
      expect(fake.calls.list.filter(({ error }) => error === 'AccessDeniedException')).toEqual([])
    } finally {
      stop()
      await client.send(new sdk.DeleteSecretCommand({ SecretId: 'prod/canary', ForceDeleteWithoutRecovery: true }))
    }
  })
})
