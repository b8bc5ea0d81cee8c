/**
 * Bad input: one sentence each, and nothing made. Planted: the checks of stage, schedule and variables taken out one by one: each
 * failed here.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configs } from './configs.ts'
import { serviceFolder } from './service.ts'

const service = serviceFolder()
writeFileSync(join(service.path, 'foreign.yml'), configs.aws)
writeFileSync(join(service.path, 'staged.yml'), `${configs.aws}environments: { staging: {}, prod: {}, other: {} }\n`)
writeFileSync(join(service.path, 'broken.yml'), 'version: 1\nstors: {}\n')

interface Case {
  readonly what: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly says: string
}

const cases: readonly Case[] = [
  {
    what: 'a cloud that there is not',
    args: ['package'],
    env: { CLOUD: 'gpc' },
    says: 'CLOUD must be aws, gcp or azure, not gpc.',
  },
  {
    what: 'a stage that there is not',
    args: ['package', '--stage', 'prd'],
    says: "There is no stage prd: serverless.yml has dev, staging, prod; did you mean 'prod'?",
  },
  {
    what: 'five fields for AWS',
    args: ['package', '--param', 'sweepSchedule=*/15 * * * *'],
    says: '--param sweepSchedule: "*/15 * * * *" is no schedule: AWS takes rate(15 minutes), or cron() of six fields with the year last and one ? for a day, such as cron(0/15 * * * ? *).',
  },
  {
    what: 'six fields for Google Cloud',
    args: ['package', '--param', 'sweepSchedule=0 */15 * * * *'],
    env: { CLOUD: 'gcp' },
    says: 'functions.sweep.schedule: "0 */15 * * * *" is no schedule: Google Cloud takes five fields, minutes first, such as */15 * * * *.',
  },
  {
    what: 'five fields for Azure',
    args: ['package', '--param', 'sweepSchedule=*/15 * * * *'],
    env: { CLOUD: 'azure' },
    says: 'functions.sweep.schedule: "*/15 * * * *" is no schedule: Azure takes six fields, seconds first, such as 0 */15 * * * *.',
  },
  {
    what: 'a zone that there is not',
    args: ['package', '--param', 'sweepTimeZone=Europe/Berlim'],
    says: '--param sweepTimeZone: "Europe/Berlim" is no time zone: it takes a name such as Europe/Berlin.',
  },
  {
    what: 'no project',
    args: ['deploy'],
    env: { CLOUD: 'gcp' },
    says: 'GCP_PROJECT is not set: it names the project that the functions run in.',
  },
  {
    what: 'nobody to deploy as',
    args: ['deploy'],
    env: { CLOUD: 'gcp', GCP_PROJECT: 'p' },
    says: 'GCP_DEPLOY_SERVICE_ACCOUNT is not set: it names the service account that Infrastructure Manager acts as.',
  },
  {
    what: 'no group',
    args: ['remove'],
    env: { CLOUD: 'azure' },
    says: 'AZURE_RESOURCE_GROUP is not set: it names the group that the vault is in.',
  },
  {
    what: 'no vault',
    args: ['info'],
    env: { CLOUD: 'azure', AZURE_RESOURCE_GROUP: 'g' },
    says: 'AZURE_KEY_VAULT is not set: it names the vault whose secrets are rotated.',
  },
  {
    what: 'no configuration',
    args: ['deploy', '--dry-run'],
    says: 'There is no aws/lockstep.yml and no lockstep.yml, so the package holds no configuration: write one, or name it in LOCKSTEP_CONFIG.',
  },
  {
    what: 'a stage without its environment',
    args: ['package', '--stage', 'prod'],
    env: { LOCKSTEP_CONFIG: 'staged.yml' },
    says: 'staged.yml: The configuration has the environment prod for the stage prod, and LOCKSTEP_ENVIRONMENT is not set: set LOCKSTEP_ENVIRONMENT=prod.',
  },
  {
    what: 'the environment of another stage',
    args: ['package', '--stage', 'prod'],
    env: { LOCKSTEP_CONFIG: 'staged.yml', LOCKSTEP_ENVIRONMENT: 'staging' },
    says: 'staged.yml: LOCKSTEP_ENVIRONMENT is staging, which belongs to the stage staging, and the stage is prod: make both the same.',
  },
  {
    what: 'an environment of no stage beside one of this stage',
    args: ['package', '--stage', 'prod'],
    env: { LOCKSTEP_CONFIG: 'staged.yml', LOCKSTEP_ENVIRONMENT: 'other' },
    says: 'staged.yml: LOCKSTEP_ENVIRONMENT is other, and the configuration has prod for the stage prod: set LOCKSTEP_ENVIRONMENT=prod.',
  },
  {
    what: 'a member that no secret has',
    args: ['package'],
    env: { LOCKSTEP_CONFIG: 'foreign.yml', LOCKSTEP_MEMBER: 'elsewhere' },
    says: 'foreign.yml: No secret has a member elsewhere. Name a store that leads, or a follower: own.',
  },
  {
    what: 'no tool',
    args: ['info'],
    env: { CLOUD: 'azure', AZURE_RESOURCE_GROUP: 'g', AZURE_KEY_VAULT: 'kv-1', PATH: '/nowhere' },
    says: 'az is not installed, or not on the PATH.',
  },
]

/** What the framework writes as its error, without the frame that it gives a variable. */
const errorOf = (output: string): string =>
  (/Error:\n([\s\S]*?)\n*$/.exec(output)?.[1] ?? output).replace(/^[\s\S]*Returned JS function errored with: /, '')

test.each(cases)(
  '$what',
  async ({ args, env = {}, says }) => {
    const { code, stdout, stderr } = await service.serverless(args, env)
    expect(code).toBe(1)
    const output = [stdout, stderr].find(text => text.includes('Error:')) ?? ''
    expect(errorOf(output)).toBe(says)
    expect(existsSync(join(service.path, 'dist'))).toBe(false)
  },
  120_000,
)

describe('a configuration that the functions would refuse', () => {
  test.each([
    ['wrong', 'broken.yml', 'stors'],
    ['of another cloud', 'foreign.yml', 'The store own is of kind aws: a function on Google Cloud does not reach it.'],
  ])(
    '%s',
    async (_, file, says) => {
      const { code, stdout, stderr } = await service.serverless(['package'], { CLOUD: 'gcp', LOCKSTEP_CONFIG: file })
      expect(code).toBe(1)
      expect(stdout + stderr).toContain(`${file}: `)
      expect(stdout + stderr).toContain(says)
      expect(stdout + stderr).not.toMatch(/\n {4}at /)
      expect(existsSync(join(service.path, 'dist'))).toBe(false)
    },
    120_000,
  )
})
