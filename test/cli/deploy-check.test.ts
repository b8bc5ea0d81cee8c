/**
 * `deploy-check` with fake tools and a fake account: each thing that is missing has its sentence, and nothing is changed.
 * Planted: each check taken out or turned round, one by one, failed here.
 */
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { commandOf } from '../../cli/deploy-check/tool.ts'
import { configs } from '../infra/configs.ts'
import { type Answers, asClient, startAccount, Tools } from './deploy-tools.ts'
import { type Project, projects } from './support.ts'

const project = projects()
const root = resolve(import.meta.dirname, '../..')
const { account, url, stop } = await startAccount()
afterAll(stop)

type Cloud = 'aws' | 'gcp' | 'azure'

const GCP: Answers = {
  version: { 'Google Cloud SDK': '570.0.0' },
  'auth list': [{ account: 'me@example.com', status: 'ACTIVE' }],
  'projects describe': { projectId: 'my-project' },
  'services list': [
    ...['cloudbuild', 'cloudfunctions', 'cloudscheduler', 'config', 'eventarc', 'pubsub', 'run', 'secretmanager'],
  ].map(name => ({ config: { name: `${name}.googleapis.com` } })),
  'functions regions list': [{ locationId: 'europe-west1' }],
  'iam service-accounts describe': {},
}
const AZURE: Answers = {
  version: { 'azure-cli': '2.80.0' },
  'account show': { name: 'Production', user: { name: 'me@example.com' } },
  'account get-access-token': '2030-01-01',
  'functionapp list-flexconsumption-locations': [{ name: 'West Europe' }],
  'group show': { name: 'rotation' },
  'keyvault show': { resourceGroup: 'Rotation', properties: { enableRbacAuthorization: true } },
}
const variables: Readonly<Record<Cloud, Record<string, string>>> = {
  aws: {},
  gcp: { GCP_PROJECT: 'my-project', GCP_DEPLOY_SERVICE_ACCOUNT: 'deployer@my-project.iam.gserviceaccount.com' },
  azure: { AZURE_RESOURCE_GROUP: 'rotation', AZURE_KEY_VAULT: 'my-kv' },
}

beforeEach(() => {
  Object.assign(account, { mode: 'well', asked: [], authorizations: [] })
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ASIAEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'never-to-be-seen')
  vi.stubEnv('AWS_SESSION_TOKEN', 'nor-this')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(() => vi.unstubAllEnvs())

interface Given {
  readonly config?: string | null
  readonly tools?: Readonly<Record<string, Answers>>
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
}

const usual: Readonly<Record<Cloud, Readonly<Record<string, Answers>>>> = {
  aws: {},
  gcp: { gcloud: GCP },
  azure: { az: AZURE },
}

/** The service as it is, in a folder of its own. */
async function check(cloud: Cloud, { config, tools = usual[cloud], args = [], env = {} }: Given = {}) {
  const here: Project = project()
  cpSync(join(root, 'serverless.yml'), here.at('serverless.yml'))
  cpSync(join(root, cloud, 'service.yml'), here.at(`${cloud}/service.yml`))
  here.write('node_modules/serverless/package.json', '{"version":"4.3.1"}')
  if (config !== null) here.write('lockstep.yml', config ?? configs[cloud])
  const fakes = new Tools(here)
  for (const [name, answers] of Object.entries(tools)) fakes.add(name, answers)
  const set = { ...fakes.env, AWS_ENDPOINT_URL: url, ...variables[cloud], ...env }
  const clean = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  const { code, data } = await here.json(['deploy-check', '--cloud', cloud, ...args], { env: clean })
  const found = (data.findings ?? []) as {
    level: string
    about: string
    says: string
    expected?: string
    next?: string
  }[]
  const open = found.filter(({ level }) => level !== 'ok' && level !== 'note')
  return { code, data, found, open, says: open.map(({ says }) => says), asked: fakes.asked, here, env: clean }
}

describe.each(['aws', 'gcp', 'azure'] as const)('%s', cloud => {
  test('nothing is missing: exit 0, and only questions were asked', async () => {
    const { code, data, open, found, asked } = await check(cloud)
    expect(open).toEqual([])
    expect({ code, data }).toMatchObject({ code: 0, data: { ok: true, cloud, stage: 'dev', environment: null } })
    for (const about of ['tool', 'sign-in', 'region', 'stage', 'configuration', 'schedule', 'permissions'])
      expect(
        found.some(one => one.about === about && one.level === 'ok'),
        about,
      ).toBe(true)
    const changes = /create|update|delete|enable\b|deploy |apply|login|\bset\b/
    expect(asked.filter(words => changes.test(words.replace('--enabled', '')))).toEqual([])
    expect(account.asked.map(form => form.get('Action'))).toEqual(
      cloud === 'aws' ? ['GetCallerIdentity', 'SimulatePrincipalPolicy'] : [],
    )
  }, 180_000)

  test('for people: each finding with what was expected and what to do', async () => {
    const { here, env } = await check(cloud)
    const ran = await here.main(['deploy-check', '--cloud', cloud, '--stage', 'prd'], { env })
    expect(ran.code).toBe(2)
    expect(ran.stdout).toContain(
      "✖ There is no stage prd: serverless.yml has dev, staging, prod; did you mean 'prod'?\n",
    )
    expect(ran.stdout).toContain('    expected: a stage that')
    expect(ran.stdout).toContain('    to do:    Name one with --stage')
    expect(here.printed).not.toMatch(/never-to-be-seen|nor-this/)
  }, 180_000)
})

const schedule = (text: string) => ['--param', `sweepSchedule=${text}`]
const gcpOnAws = configs.gcp
const local = `version: 1\nstores: { own: { kind: local, file: s.db, key: { file: s.key } } }\nsecrets: { db: { strategy: single-user, target: { kind: postgres, endpoints: [{ host: h, database: d }] } } }`
const within = (more: string, secret = '') => `${configs.aws.replace('    strategy', `${secret}    strategy`)}${more}`

const cases: readonly [what: string, cloud: Cloud, given: Given, exit: number, says: string][] = [
  ['no gcloud', 'gcp', { tools: {} }, 4, 'Neither gcloud nor terraform is on the PATH.'],
  ['no az', 'azure', { tools: {} }, 4, 'az is not on the PATH.'],
  [
    'a gcloud that does not run',
    'gcp',
    { tools: { gcloud: {} } },
    4,
    'gcloud is on the PATH, and does not say its version.',
  ],
  [
    'an old az',
    'azure',
    { tools: { az: { ...AZURE, version: { 'azure-cli': '2.45.0' } } } },
    4,
    'az 2.45.0 is too old: it knows no Flex Consumption.',
  ],
  [
    'nobody signed in to gcloud',
    'gcp',
    { tools: { gcloud: { ...GCP, 'auth list': [] } } },
    4,
    'gcloud has no active account.',
  ],
  [
    'gcloud expired',
    'gcp',
    { tools: { gcloud: { ...GCP, 'projects describe': { complains: 'Reauthentication failed' } } } },
    4,
    'The sign-in of me@example.com has expired.',
  ],
  [
    'another project',
    'gcp',
    { tools: { gcloud: { ...GCP, 'projects describe': 1 } } },
    4,
    'me@example.com does not see the project my-project.',
  ],
  [
    'a service that is off',
    'gcp',
    { tools: { gcloud: { ...GCP, 'services list': (GCP['services list'] as unknown[]).slice(1) } } },
    4,
    'Not enabled in my-project: cloudbuild.googleapis.com.',
  ],
  [
    'a deployer that is not there',
    'gcp',
    { tools: { gcloud: { ...GCP, 'iam service-accounts describe': 1 } } },
    4,
    'The service account deployer@my-project.iam.gserviceaccount.com is not there, or not to be seen.',
  ],
  ['no project', 'gcp', { env: { GCP_PROJECT: undefined } }, 4, 'GCP_PROJECT is not set.'],
  [
    'a region of another cloud',
    'gcp',
    { args: ['--region', 'westeurope'] },
    2,
    'The region westeurope has no Cloud Functions.',
  ],
  ['nobody signed in to az', 'azure', { tools: { az: { ...AZURE, 'account show': 1 } } }, 4, 'az is not signed in.'],
  [
    'az expired',
    'azure',
    { tools: { az: { ...AZURE, 'account get-access-token': 1 } } },
    4,
    'The sign-in of me@example.com has expired.',
  ],
  [
    'a region without Flex Consumption',
    'azure',
    { args: ['--region', 'europe-west1'] },
    2,
    'The region europe-west1 has no Flex Consumption.',
  ],
  [
    'no group',
    'azure',
    { tools: { az: { ...AZURE, 'group show': 3 } } },
    4,
    'The resource group rotation is not there, or not to be seen.',
  ],
  [
    'no vault',
    'azure',
    { tools: { az: { ...AZURE, 'keyvault show': 3 } } },
    4,
    'The vault my-kv is not there, or not to be seen.',
  ],
  [
    'a vault of another group',
    'azure',
    { tools: { az: { ...AZURE, 'keyvault show': { resourceGroup: 'other', properties: {} } } } },
    2,
    'The vault my-kv is in the group other, and AZURE_RESOURCE_GROUP is rotation.',
  ],
  [
    'a vault with policies',
    'azure',
    { tools: { az: { ...AZURE, 'keyvault show': { resourceGroup: 'rotation', properties: {} } } } },
    4,
    'The vault my-kv uses access policies.',
  ],
  [
    'a region that AWS has not',
    'aws',
    { args: ['--region', 'europe-west1'] },
    2,
    'The region europe-west1 is none of AWS.',
  ],
  [
    'five fields for AWS',
    'aws',
    { args: schedule('*/15 * * * *') },
    2,
    'sweepSchedule: "*/15 * * * *" is no schedule: AWS takes rate(15 minutes), or cron() of six fields with the year last and one ? for a day, such as cron(0/15 * * * ? *).',
  ],
  [
    'six fields for Google Cloud',
    'gcp',
    { args: schedule('0 */15 * * * *') },
    2,
    'functions.sweep.schedule: "0 */15 * * * *" is no schedule: Google Cloud takes five fields, minutes first, such as */15 * * * *.',
  ],
  [
    'five fields for Azure',
    'azure',
    { args: schedule('*/15 * * * *') },
    2,
    'functions.sweep.schedule: "*/15 * * * *" is no schedule: Azure takes six fields, seconds first, such as 0 */15 * * * *.',
  ],
  [
    'a zone that there is not',
    'gcp',
    { args: ['--param', 'sweepTimeZone=Europe/Berlim'] },
    2,
    'functions.sweep.timeZone: "Europe/Berlim" is no time zone: it takes a name such as Europe/Berlin.',
  ],
  ['no configuration', 'aws', { config: null }, 4, 'There is no aws/lockstep.yml and no lockstep.yml.'],
  [
    'a local store',
    'aws',
    { config: local },
    2,
    'lockstep.yml: The store own is of kind local: a function on AWS does not reach it. It holds db.',
  ],
  [
    'another cloud',
    'aws',
    { config: gcpOnAws },
    2,
    'The store own is of kind gcp and has no signIn:, which a function on aws needs.',
  ],
  [
    'a file that is not packed',
    'aws',
    { config: configs.aws.replace('database: orders }]', 'database: orders }], tls: { ca: certs/ca.pem }') },
    2,
    'secrets.orders-db.target.tls.ca names the file certs/ca.pem, which is not packed with the functions.',
  ],
  [
    'a key in a variable that is not set',
    'aws',
    { config: within('fingerprintKey: { env: LOCKSTEP_FP }\n') },
    4,
    'The variable LOCKSTEP_FP, which fingerprintKey names, is not set.',
  ],
  [
    'a short window',
    'aws',
    { config: within('', "    window: { cron: '0 3 * * *', duration: 5m }\n") },
    2,
    'The window of orders-db is open for 5m, and one rotation may take 15m (runLife).',
  ],
  [
    'an environment of another stage',
    'aws',
    {
      args: ['--stage', 'prod'],
      config: within('environments: { prod: {}, staging: {} }\n'),
      env: { LOCKSTEP_ENVIRONMENT: 'staging' },
    },
    2,
    'LOCKSTEP_ENVIRONMENT is staging, which belongs to the stage staging, and the stage is prod: make both the same.',
  ],
  [
    'a stage without its environment',
    'aws',
    { args: ['--stage', 'prod'], config: within('environments: { prod: {} }\n') },
    2,
    'The configuration has the environment prod for the stage prod, and LOCKSTEP_ENVIRONMENT is not set: set LOCKSTEP_ENVIRONMENT=prod.',
  ],
  [
    'a member that no secret has',
    'aws',
    { env: { LOCKSTEP_MEMBER: 'elsewhere' } },
    2,
    'lockstep.yml: No secret has a member elsewhere.',
  ],
]

test.each(cases)(
  '%s',
  async (_, cloud, given, exit, says) => {
    const { code, open, says: said } = await check(cloud, given)
    expect(said).toContain(says)
    expect(code).toBe(exit)
    for (const one of open) {
      expect(one.expected, one.says).toMatch(/\w/)
      expect(one.next, one.says).toMatch(/\w/)
    }
  },
  60_000,
)

describe('the account of AWS', () => {
  test.each([
    ['ExpiredToken', 4, 'The credentials of AWS have expired.'],
    ['InvalidClientTokenId', 4, 'STS refuses the credentials (InvalidClientTokenId).'],
    ['silent', 5, 'STS of eu-central-1 gave no answer that says who is signed in.'],
  ])(
    '%s',
    async (mode, exit, says) => {
      account.mode = mode
      expect(await check('aws')).toMatchObject({ code: exit, says: [says] })
    },
    60_000,
  )

  test('no credentials at all', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined)
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, '/nowhere')
    const { code, says } = await check('aws')
    expect({ code, says }).toEqual({ code: 4, says: ['No credentials of AWS are found, or they have expired.'] })
    expect(account.asked).toEqual([])
  }, 180_000)

  test('is asked in the region and with a signature; a role is simulated as itself', async () => {
    const { found } = await check('aws', { args: ['--region', 'us-west-2'] })
    expect(account.authorizations[0]).toContain('/us-west-2/sts/aws4_request')
    expect(account.asked[1]!.get('PolicySourceArn')).toBe('arn:aws:iam::111122223333:role/Deployer')
    expect(found.map(({ says }) => says)).toContain(`Signed in to AWS as ${asClient.arn}.`)
  }, 180_000)

  test('what the simulator does not allow, or may not be asked, stops nobody', async () => {
    account.mode = 'limited'
    const limited = await check('aws')
    expect(limited.code).toBe(0)
    expect(limited.found.map(({ says }) => says).join()).toContain('does not allow iam:CreateRole on every resource')
    account.mode = 'unasked'
    const unasked = await check('aws')
    expect(unasked.code).toBe(0)
    expect(unasked.found.map(({ says }) => says).join()).toContain('could not be asked (iam:SimulatePrincipalPolicy)')
  }, 180_000)
})

describe('the command line', () => {
  test('a cloud that there is not', async () => {
    const { code, data } = await check('aws', { args: ['--cloud', 'gpc'] })
    expect({ code, data }).toMatchObject({ code: 2, data: { error: { code: 'usage' } } })
  })

  test('CLOUD says it too', async () => {
    const ran = await project().main(['deploy-check'], { env: { CLOUD: 'gpc' } })
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('CLOUD must be aws, gcp or azure, not gpc.') })
  })

  test('an environment that the deployment would not take', async () => {
    const ran = await check('aws', { args: ['--env', 'prod'], env: { LOCKSTEP_ENVIRONMENT: 'dev' } })
    expect(ran.code).toBe(2)
    expect(ran.data.error.message).toBe('--env is prod, and LOCKSTEP_ENVIRONMENT, which a deployment takes, is dev.')
  })

  test('a folder without the service, and without the framework', async () => {
    const here = project()
    const env = { ...new Tools(here).add('az', AZURE).env, ...variables.azure }
    here.write('lockstep.yml', configs.azure)
    const { code, data } = await here.json(['deploy-check', '--cloud', 'azure', '--region', 'westeurope'], { env })
    expect(code).toBe(4)
    const open = data.findings.filter(({ level }: { level: string }) => level === 'missing')
    expect(open.map(({ says }: { says: string }) => says)).toEqual([
      'The command serverless is not installed here.',
      'There is no serverless.yml here.',
    ])
  }, 180_000)

  test('what was written wrong comes before what is missing', async () => {
    const { code, open } = await check('azure', { tools: {}, args: ['--stage', 'prd'] })
    expect(open.map(({ level }) => level)).toEqual(['missing', 'wrong'])
    expect(code).toBe(2)
  })

  test('terraform alone is enough to apply what is packaged', async () => {
    const { code, found } = await check('gcp', { tools: { terraform: {} } })
    expect(code).toBe(0)
    expect(found[1]!.says).toContain('terraform -chdir=dist/gcp apply')
  })
})

describe('a tool on Windows', () => {
  const env = { ComSpec: 'C:\\Windows\\cmd.exe' }

  test('a .cmd is started by its interpreter, quoted, and nothing else is', () => {
    expect(commandOf('C:\\Program Files\\az.cmd', ['group', 'show', '--name', 'a b'], env, 'win32')).toEqual([
      'C:\\Windows\\cmd.exe',
      ['/d', '/s', '/c', '""C:\\Program Files\\az.cmd" "group" "show" "--name" "a b""'],
      true,
    ])
    expect(commandOf('C:\\az.exe', ['a"b'], env, 'win32')).toEqual(['C:\\az.exe', ['a"b'], false])
    expect(commandOf('/bin/az', ['a&b'], env, 'linux')).toEqual(['/bin/az', ['a&b'], false])
  })

  test.each(['a"b', 'a&b', '%PATH%', 'a|b', 'a>b', 'a\nb', 'a^b', 'a!b'])('%j is refused', word => {
    expect(() => commandOf('C:\\az.cmd', ['group', word], env, 'win32')).toThrow('reads as its own')
  })
})
