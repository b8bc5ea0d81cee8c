/** The module for Google Cloud, by our own rules of its structure: see terraform-rules.ts for what those cannot see. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { root, serviceFolder } from './service.ts'
import type { Files } from './terraform-blocks.ts'
import { argumentsMistaken, mistakesOf } from './terraform-rules.ts'

const folder = join(root, 'infra/gcp')
const files: Files = Object.fromEntries(
  readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')]),
)

test('what is named is there, and as a review wants it', () => {
  expect(mistakesOf(files)).toEqual([])
})

const formatted = spawnSync('terraform', ['fmt', '-check', '-diff', folder], { encoding: 'utf8' })
test.skipIf(formatted.error)('Terraform reads it, and would write it so', () => {
  expect(formatted.stdout).toBe('')
  expect(formatted.status).toBe(0)
})

describe('mutated', () => {
  const cases: readonly [string, string, string | RegExp, string, string][] = [
    ['a variable that is not declared', 'functions.tf', 'var.runtime', 'var.run', 'var.run is not declared'],
    ['a local that is not declared', 'iam.tf', 'local.short', 'local.shorter', 'local.shorter is not declared'],
    [
      'a resource that is not there',
      'triggers.tf',
      'google_pubsub_topic.work.id',
      'google_pubsub_topic.works.id',
      'is not there',
    ],
    ['an attribute that a function has not', 'functions.tf', 'each.value.memory', 'each.value.ram', 'has no ram'],
    ['a block without an end', 'iam.tf', '  condition {', '  condition', 'has no other'],
    ['a job without a token', 'triggers.tf', 'oidc_token', 'oauth_token', 'without a token'],
    ['a job that is tried once', 'triggers.tf', /retry_count\s+= 3/, 'retry_count = 0', 'is tried once'],
    ['an event that is tried once', 'functions.tf', '_POLICY_RETRY', '_POLICY_DO_NOT_RETRY', 'loses an event'],
    ['no dead letters', 'triggers.tf', 'dead_letter_policy', 'dead_letters', 'comes back for ever'],
    ['a grant for every secret', 'iam.tf', 'resource.name.startsWith', 'true || ', 'is for every secret'],
    ['a grant for names that begin alike', 'iam.tf', 'resource.name == ', 'true || ', 'is for every secret'],
    ['a predefined role', 'iam.tf', 'roles/run.invoker', 'roles/secretmanager.admin', 'grants more'],
    [
      'everybody',
      'iam.tf',
      /member {3}= google_service_account.trigger.member/,
      'member = "allUsers"',
      'is for everybody',
    ],
    [
      'no grant for the agent',
      'agents.tf',
      /member {2}= local.secret_manager/,
      'member  = local.pubsub',
      'may tell nobody',
    ],
    ['the default account', 'functions.tf', 'google_service_account.runtime.email', 'null', 'acts as the default'],
    ['no network', 'functions.tf', /var\.vpc_connector/g, 'null', 'cannot be brought'],
    ['a default project', 'triggers.tf', /project\s+= var\.project/, '', 'whatever project'],
  ]
  test.each(cases)('%s', (_, file, from, to, says) => {
    const changed = files[file]!.replace(from, to)
    expect(changed).not.toBe(files[file])
    expect(mistakesOf({ ...files, [file]: changed }).join('\n')).toContain(says)
  })
})

describe('what is packaged', () => {
  const service = serviceFolder()
  const args = ['package', '--stage', 'prod', '--param', 'secretLocations=europe-west3,europe-west4']
  interface RootModule {
    readonly variable: { readonly project: object }
    readonly module: { readonly lockstep: Readonly<Record<string, unknown>> & { readonly functions: object } }
  }
  let main: RootModule
  beforeAll(async () => {
    const { code, stderr } = await service.serverless(args, { CLOUD: 'gcp' })
    expect(code, stderr).toBe(0)
    main = JSON.parse(readFileSync(join(service.path, 'dist/gcp/main.tf.json'), 'utf8'))
  }, 300_000)

  test('gives the module each of its variables and no other', () => {
    const { lockstep } = main.module
    expect(argumentsMistaken(files, lockstep)).toEqual([])
    expect(argumentsMistaken(files, { ...lockstep, stages: 'x' })).toEqual(['stages is no variable'])
    const { stage: _, ...less } = lockstep
    expect(argumentsMistaken(files, less)).toEqual(['stage is not given'])
  })

  test('the project is asked for where none was set, and locations are a list', () => {
    expect(main.variable.project).toEqual({ type: 'string' })
    expect(main.module.lockstep).toMatchObject({
      secret_prefix: 'prod-',
      secret_locations: ['europe-west3', 'europe-west4'],
      creates_secrets: false,
      vpc_connector: null,
    })
  })

  test('the functions have the triggers of service.yml', () => {
    expect(main.module.lockstep.functions).toMatchObject({
      sweep: { schedule: '*/15 * * * *', time_zone: 'Etc/UTC', instances: 1 },
      worker: { trigger: 'queue' },
      onSecretEvent: { trigger: 'secrets' },
    })
  })
})
