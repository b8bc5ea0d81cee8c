/** The packaged template of AWS has the roles of its configuration; without one they are as `infra/aws/roles.yml` has them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../core/config/load.ts'
import { permissions } from '../../infra/permissions/aws.ts'
import { awsCalls, functionNames } from '../../infra/permissions/aws-calls.ts'
import { statementsOf } from '../../infra/permissions/aws-policy.ts'
import type { Template } from '../../infra/serverless/standalone.ts'
import { mistakesOf } from './aws-rules.ts'
import { type Ran, root, serviceFolder } from './service.ts'

const slow = 300_000
const target =
  'strategy: single-user, target: { kind: postgres, endpoints: [{ host: db.example.com, database: orders }] }'
const head = `version: 1
stores:
  own: { kind: aws, region: eu-central-1 }
  far: { kind: aws, region: eu-west-1 }
  reg: { kind: aws, region: eu-north-1 }
  partner: { kind: aws, region: us-east-1, role: { arn: "arn:aws:iam::210987654321:role/lockstep" } }
audit: [{ kind: stdout }]
epochs: { store: reg }
secrets:
`
const rich = `${head}  orders:
    store: own
    strategy: alternating-users
    users: [a, b]
    target: { kind: postgres, endpoints: [{ host: db.example.com, database: orders }], admin: { id: admin, store: own } }
    followers: [{ store: far }, { store: partner, required: false }]
    consumers: [{ name: api, kind: other, refresh: 1m, hook: { kind: ecs, cluster: main, service: api } }]
  mails: { store: own, ${target} }
`
const away = `${head}  a: { store: own, id: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-a1B2c3", ${target} }
  b: { store: own, id: "arn:aws:secretsmanager:eu-central-1:210987654321:secret:b-a1B2c3", ${target} }
`
const many = head + Array.from({ length: 200 }, (_, n) => `  secret-${n}: { store: own, ${target} }\n`).join('')

// biome-ignore lint/suspicious/noExplicitAny: a template is data of any shape
type Loose = any

async function ran(
  service: ReturnType<typeof serviceFolder>,
  args: readonly string[],
): Promise<Ran & { said: string }> {
  const done = await service.serverless(args)
  return { ...done, said: done.stdout + done.stderr }
}

const templateIn = (path: string) => JSON.parse(readFileSync(join(path, 'dist/aws/template.json'), 'utf8')) as Template
const roleOf = (fn: string) => `${fn[0]!.toUpperCase()}${fn.slice(1)}Role`
const statementsIn = ({ Resources }: Template, fn: string) =>
  (Resources[roleOf(fn)]!.Properties as Loose).Policies[0].PolicyDocument.Statement

describe('with a configuration', () => {
  const service = serviceFolder({ config: rich })
  let said: string
  beforeAll(async () => {
    const done = await ran(service, ['deploy', '--dry-run'])
    expect(done.code, done.said).toBe(0)
    said = done.said
  }, slow)

  test('each role has the statements of its function, in both templates', () => {
    const granted = permissions(loadConfig(rich, { fileName: '/lockstep.yml' }), { region: 'eu-central-1' })
    const compiled = join(service.path, '.serverless/cloudformation-template-update-stack.json')
    for (const template of [templateIn(service.path), JSON.parse(readFileSync(compiled, 'utf8')) as Template])
      for (const fn of functionNames) expect(statementsIn(template, fn), fn).toEqual(statementsOf(granted[fn]))
  })

  test('the template is valid, and as a review wants it; the pattern says only who may start `rotate`', () => {
    const engine = new RegoEngine()
    const { diagnostics } = engine.validateStandard(new TemplateFile(join(service.path, 'dist/aws/template.json')))
    engine.free()
    expect(diagnostics.filter(({ severity }) => severity === 'ERROR' || severity === 'FATAL')).toEqual([])
    const template = templateIn(service.path)
    expect(mistakesOf(template)).toEqual([])
    const { RotateBySecretsManager, ...others } = template.Resources
    expect(JSON.stringify(RotateBySecretsManager)).toContain('SecretPattern')
    expect(JSON.stringify(others)).not.toContain('SecretPattern')
  }, 180_000)

  test('a dry run says what is granted', () => {
    expect(said).toMatch(/rotate {3}Attached .*secretsmanager:PutSecretValue .* on \S+:secret:mails-\?{6} and 1 more\n/)
    expect(said).toMatch(/worker {3}Roles .*sts:AssumeRole on arn:aws:iam::210987654321:role\/lockstep\n/)
    expect(said).toMatch(/onEvent {2}Services .*ecs:UpdateService .*:service\/main\/api\n/)
  })
})

test(
  'a secret that no role of the stack could reach is a sentence, and nothing is packaged',
  async () => {
    const service = serviceFolder({ config: away })
    for (const command of [['package'], ['deploy', '--dry-run']]) {
      const { code, said } = await ran(service, command)
      expect(code).not.toBe(0)
      expect(said).toContain('secrets.b: the account 210987654321 is another one than 123456789012')
      expect(existsSync(join(service.path, 'dist'))).toBe(false)
    }
  },
  slow,
)

test(
  'more names than a policy holds: the pattern stays, and a warning says so',
  async () => {
    const service = serviceFolder({ config: many })
    const { code, said } = await ran(service, ['package'])
    expect(code, said).toBe(0)
    expect(said).toContain('The names of 200 secrets do not fit into the policy of a role')
    expect(JSON.stringify(statementsIn(templateIn(service.path), 'sweep'))).toContain('SecretPattern')
  },
  slow,
)

describe('without a configuration', () => {
  const written = readFileSync(join(root, 'infra/aws/roles.yml'), 'utf8')
  const actionsIn = (text: string) => [
    ...new Set(text.match(/\b(?:secretsmanager|sqs|kms|ec2|logs):(?!ViaService)[A-Za-z]+/g)),
  ]
  const policy = (name: string) => written.slice(written.indexOf(`PolicyName: ${name}`)).split(/\n {8}- |\n {2}\w/)[0]!

  test('what stands in roles.yml by the name of the key and of the VPC is in the table, and nothing else', () => {
    const inTable = (kind: string) => [...new Set(awsCalls.filter(({ on }) => on === kind).map(({ action }) => action))]
    expect(actionsIn(policy('key')).toSorted()).toEqual(inTable('Key').toSorted())
    expect(actionsIn(policy('vpc')).toSorted()).toEqual(inTable('Interfaces').toSorted())
  })

  test('no action is written there that the table does not have', () => {
    const known = awsCalls.map(({ action }) => action)
    expect(actionsIn(written).filter(action => !known.includes(action))).toEqual([])
  })
})
