/**
 * Google Cloud: gcloud deploys; Terraform alone can apply what is packaged. gcloud is asked who is signed in and what there is.
 * @module
 */
import type { Io } from '../io.ts'
import { type Finding, missing, note, ok, wrong } from './finding.ts'
import { findTool, listOf, type Tool, textAt } from './tool.ts'

/** As docs/deploy-gcp.md enables them. */
const SERVICES = [
  'cloudbuild',
  'cloudfunctions',
  'cloudscheduler',
  'config',
  'eventarc',
  'pubsub',
  'run',
  'secretmanager',
]
const LOGIN = 'Run `gcloud auth login`.'
const JSON_OUT = '--format=json'

export async function gcpFindings(region: string | undefined, io: Io): Promise<readonly Finding[]> {
  const variables = variableFindings(io)
  const gcloud = findTool('gcloud', io)
  if (!gcloud) return [findTool('terraform', io) ? onlyTerraform : noTool, ...variables]
  const version = textAt((await gcloud('version', JSON_OUT)).data, 'Google Cloud SDK')
  if (version === undefined)
    return [
      missing(
        'tool',
        'gcloud is on the PATH, and does not say its version.',
        'a gcloud that runs',
        'Install the Google Cloud CLI again.',
      ),
      ...variables,
    ]
  return [ok('tool', `gcloud ${version} is installed.`), ...variables, ...(await signedIn(gcloud, region, io))]
}

const noTool = missing(
  'tool',
  'Neither gcloud nor terraform is on the PATH.',
  'gcloud, which `serverless deploy` runs',
  'Install the Google Cloud CLI, or Terraform for `terraform -chdir=dist/gcp apply`.',
)
const onlyTerraform = note(
  'tool',
  'terraform is on the PATH and gcloud is not: `serverless deploy` needs gcloud, `terraform -chdir=dist/gcp apply` does not; sign-in is not looked at.',
)

const variableFindings = ({ env }: Io): Finding[] =>
  [
    ['GCP_PROJECT', 'the project that the functions run in'],
    ['GCP_DEPLOY_SERVICE_ACCOUNT', 'the service account that Infrastructure Manager acts as'],
  ].flatMap(([name, is]) => (env[name!] ? [] : [missing('variable', `${name} is not set.`, is!, `Set ${name}.`)]))

async function signedIn(gcloud: Tool, region: string | undefined, { env }: Io): Promise<readonly Finding[]> {
  const accounts = await gcloud('auth', 'list', '--filter=status:ACTIVE', JSON_OUT)
  const account = textAt(listOf(accounts.data)[0], 'account')
  if (account === undefined) return [missing('sign-in', 'gcloud has no active account.', 'a sign-in', LOGIN)]
  const project = env.GCP_PROJECT
  const who = ok('sign-in', `gcloud is signed in as ${account}.`)
  if (!project) return [who]
  const described = await gcloud('projects', 'describe', project, JSON_OUT)
  if (textAt(described.data, 'projectId') === undefined) return [unseen(project, account, described.complaint)]
  return [
    who,
    await services(gcloud, project),
    await regionFinding(gcloud, project, region),
    ...(env.GCP_DEPLOY_SERVICE_ACCOUNT ? [await deployer(gcloud, project, env.GCP_DEPLOY_SERVICE_ACCOUNT)] : []),
  ]
}

function unseen(project: string, account: string, complaint: string): Finding {
  if (/reauth|invalid_grant|refresh|expired/i.test(complaint))
    return missing('sign-in', `The sign-in of ${account} has expired.`, 'a sign-in that is valid', LOGIN)
  return missing(
    'permissions',
    `${account} does not see the project ${project}.`,
    'resourcemanager.projects.get',
    'Correct GCP_PROJECT, or have the account granted a role there.',
  )
}

async function services(gcloud: Tool, project: string): Promise<Finding> {
  const { code, data } = await gcloud('services', 'list', '--enabled', '--project', project, JSON_OUT)
  if (code !== 0) return note('permissions', `Which services ${project} has enabled could not be asked.`)
  const enabled = listOf(data).map(one => textAt(one, 'config', 'name'))
  const off = SERVICES.map(name => `${name}.googleapis.com`).filter(name => !enabled.includes(name))
  if (off.length === 0) return ok('permissions', 'Every service that is needed is enabled.')
  return missing(
    'permissions',
    `Not enabled in ${project}: ${off.join(', ')}.`,
    'services that a deployment uses',
    `Run \`gcloud services enable ${off.join(' ')}\`.`,
  )
}

async function regionFinding(gcloud: Tool, project: string, region: string | undefined): Promise<Finding> {
  const { code, data } = await gcloud('functions', 'regions', 'list', '--project', project, JSON_OUT)
  const regions = listOf(data).flatMap(one => textAt(one, 'locationId') ?? [])
  if (code !== 0 || regions.length === 0) return note('region', 'The regions of Cloud Functions could not be asked.')
  if (region !== undefined && regions.includes(region)) return ok('region', `The region ${region} has Cloud Functions.`)
  return wrong(
    'region',
    `The region ${region ?? '(none)'} has no Cloud Functions.`,
    'a name such as europe-west1',
    'Name it with --region or GCP_REGION.',
  )
}

async function deployer(gcloud: Tool, project: string, account: string): Promise<Finding> {
  const { code } = await gcloud('iam', 'service-accounts', 'describe', account, '--project', project, JSON_OUT)
  if (code === 0) return ok('permissions', `The service account ${account} is there.`)
  return missing(
    'permissions',
    `The service account ${account} is not there, or not to be seen.`,
    'what GCP_DEPLOY_SERVICE_ACCOUNT names',
    'Run `gcloud iam service-accounts create`, or correct the name.',
  )
}
