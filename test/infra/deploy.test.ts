/**
 * `serverless deploy`: on AWS the calls that it makes, over a [fake] of the control plane; on the others the commands; and what a dry
 * run leaves alone. Planted: a dry run that asks who is signed in, another order of the commands of Azure: each failed here.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configs } from './configs.ts'
import { startControlPlane } from './control-plane.ts'
import { clouds, serviceFolder } from './service.ts'
import { unzip } from './unzip.ts'

const service = serviceFolder()
for (const cloud of clouds) writeFileSync(join(service.path, cloud, 'lockstep.yml'), configs[cloud])
const slow = 240_000

describe('AWS', () => {
  const signedIn = { AWS_ACCESS_KEY_ID: 'ASIAFAKE', AWS_SECRET_ACCESS_KEY: 'fake', AWS_SESSION_TOKEN: 'fake' }

  test(
    'makes the stack, brings the packages, updates the stack',
    async () => {
      const plane = await startControlPlane()
      const network = ['--param', 'subnetIds=subnet-1a,subnet-1b', '--param', 'securityGroupIds=sg-1a']
      const ran = await service.serverless(['deploy', ...network], { ...signedIn, AWS_ENDPOINT_URL: plane.url })
      expect(ran.code, ran.stdout + ran.stderr).toBe(0)
      const order = ['CreateStack', 'PutObject sweep.zip', 'UpdateStack']
      expect(plane.calls.filter(call => order.includes(call))).toEqual(order)
      const brought = plane.calls.filter(call => call.endsWith('.zip')).toSorted()
      expect(brought).toEqual(['on-event', 'rotate', 'sweep', 'worker'].map(name => `PutObject ${name}.zip`))
      expect(unzip(plane.sent('PutObject worker.zip') as Buffer).map(({ name }) => name)).toContain('worker.mjs')

      const update = plane.sent('UpdateStack') as URLSearchParams
      const told = Object.fromEntries(
        [...update].flatMap(([name, value]) =>
          /^Parameters\.member\.\d+\.ParameterKey$/.test(name)
            ? [[value, update.get(name.replace('ParameterKey', 'ParameterValue'))]]
            : [],
        ),
      )
      expect(told).toMatchObject({
        SecretPattern: 'dev/*',
        SubnetIds: 'subnet-1a,subnet-1b',
        SecurityGroupIds: 'sg-1a',
        SweepSchedule: 'rate(15 minutes)',
        SweepTimeZone: '',
      })
      process.stderr.write(`deploy, AWS: ${plane.calls.join(', ')}\n`)
    },
    slow,
  )

  test(
    'a dry run asks nothing, of deploy and of remove',
    async () => {
      const plane = await startControlPlane()
      const env = { ...signedIn, AWS_ENDPOINT_URL: plane.url }
      const deploy = await service.serverless(['deploy', '--dry-run', '--stage', 'staging'], env)
      expect(deploy.code, deploy.stderr).toBe(0)
      const said = deploy.stdout + deploy.stderr
      expect(said).toContain('Would create or update the stack lockstep-staging in eu-central-1:')
      expect(said).toMatch(/AWS::SQS::Queue +WorkQueue\n/)
      expect(said).not.toContain('deployed')
      const remove = await service.serverless(['remove', '--dry-run'], env)
      expect(remove.code, remove.stderr).toBe(0)
      expect(remove.stdout + remove.stderr).toContain(
        'Would empty the bucket of the packages, and delete the stack lockstep-dev',
      )
      expect(plane.calls).toEqual([])
    },
    slow,
  )
})

/** What a dry run says, with the folder of the service by a short name. */
async function commands(args: readonly string[], env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { code, stdout, stderr } = await service.serverless([...args, '--dry-run'], env)
  expect(code, stderr).toBe(0)
  return (stdout + stderr)
    .replaceAll(`${service.path}/`, '')
    .split('\n')
    .filter(line => /^(gcloud|az) /.test(line))
}

describe('Google Cloud', () => {
  const env = {
    CLOUD: 'gcp',
    GCP_PROJECT: 'my-project',
    GCP_DEPLOY_SERVICE_ACCOUNT: 'deployer@my-project.iam.gserviceaccount.com',
  }
  const name = 'projects/my-project/locations/europe-west3/deployments/lockstep-prod'
  const at = ['--stage', 'prod', '--region', 'europe-west3']

  test(
    'deploy, info, remove',
    async () => {
      expect(await commands(['deploy', ...at], env)).toEqual([
        `gcloud infra-manager deployments apply ${name} --service-account=projects/my-project/serviceAccounts/deployer@my-project.iam.gserviceaccount.com --local-source=dist/gcp`,
      ])
      expect(await commands(['info', ...at], env)).toEqual([`gcloud infra-manager deployments describe ${name}`])
      expect(await commands(['remove', ...at], env)).toEqual([
        `gcloud infra-manager deployments delete ${name} --quiet`,
      ])
    },
    slow,
  )
})

const gcloud = spawnSync('gcloud', ['--version'])
test.skipIf(gcloud.error)(
  'Google: its own tool understands the command, and then asks for an account',
  async () => {
    const project = {
      GCP_PROJECT: 'my-project',
      GCP_DEPLOY_SERVICE_ACCOUNT: 'deployer@my-project.iam.gserviceaccount.com',
    }
    const env = { CLOUD: 'gcp', ...project, CLOUDSDK_CORE_CHECK_GCE_METADATA: 'false' }
    const { code, stdout, stderr } = await service.serverless(['deploy'], env)
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('You do not currently have an active account selected.')
    expect(stdout + stderr).toContain('gcloud infra-manager deployments apply ended with 1; what it said stands above.')
  },
  slow,
)

describe('Azure', () => {
  const env = { CLOUD: 'azure', AZURE_RESOURCE_GROUP: 'rotation', AZURE_KEY_VAULT: 'orders-kv' }
  const stack = '--action-on-unmanage deleteResources --deny-settings-mode none --yes'
  const template = (name: string) =>
    `--template-file dist/azure/${name}.json --parameters @dist/azure/${name}.parameters.json`

  test(
    'deploy: what stays, the app, its code, and then what calls it',
    async () => {
      expect(await commands(['deploy'], env)).toEqual([
        `az deployment group create --resource-group rotation --name lockstep-dev-state ${template('state')}`,
        `az stack group create --resource-group rotation --name lockstep-dev-app ${template('app')} ${stack}`,
        'az functionapp deployment source config-zip --resource-group rotation --name lockstep-dev-orders-kv --src dist/azure/function.zip',
        ...['events', 'alarms', 'dashboard'].map(
          name =>
            `az stack group create --resource-group rotation --name lockstep-dev-${name} ${template(name)} ${stack}`,
        ),
      ])
    },
    slow,
  )

  test(
    'remove leaves the journal',
    async () => {
      expect(await commands(['remove'], env)).toEqual(
        ['alarms', 'dashboard', 'events', 'app'].map(
          name =>
            `az stack group delete --resource-group rotation --name lockstep-dev-${name} --action-on-unmanage deleteResources --yes`,
        ),
      )
    },
    slow,
  )
})
