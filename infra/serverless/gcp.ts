/**
 * Google Cloud: a zip and a Terraform root module, applied by Infrastructure Manager, Google's own keeper of Terraform states.
 * @module
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type GcpGrants, gcpGrants, gcpNotes, gcpProblem } from '../permissions/gcp.ts'
import { requireSet } from './checks.ts'
import { dry, type Run, wet } from './cli.ts'
import { configured } from './configured.ts'
import { type FunctionConfig, type Hooks, type Log, type Options, Refusal, type Serverless } from './framework.ts'
import { folderOf, json, write, writeZips } from './output.ts'

const module = new URL('../gcp/', import.meta.url)

const provider = {
  runtime: { enum: ['nodejs22', 'nodejs24'] },
  region: { type: 'string', pattern: '^[a-z]+-[a-z]+\\d+$' },
  project: { type: 'string' },
  deployServiceAccount: { type: 'string' },
  secretPrefix: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,200}$' },
  secretLocations: { type: 'string' },
  createsSecrets: { enum: ['true', 'false'] },
  vpcConnector: { type: 'string' },
  alarms: { enum: ['true', 'false'] },
  notificationChannels: { type: 'string' },
  sweepSilence: { type: 'string', pattern: '^[0-9]+$' },
}

const fn = {
  memory: { type: 'string', pattern: '^[0-9]+(Mi|Gi)$' },
  timeoutSeconds: { type: 'integer', minimum: 1, maximum: 1800 },
  instances: { type: 'integer', minimum: 1 },
  schedule: { type: 'string' },
  timeZone: { type: 'string' },
  trigger: { enum: ['queue', 'secrets'] },
}

export class GcpProvider {
  readonly hooks: Hooks
  readonly #serverless: Serverless
  readonly #log: Log
  readonly #run: Run

  static getProviderName = (): string => 'gcp'

  constructor(serverless: Serverless, options: Options, log: Log) {
    this.#serverless = serverless
    this.#log = log
    this.#run = options['dry-run'] === true ? dry(log) : wet(serverless.serviceDir)
    const { configSchemaHandler } = serverless
    configSchemaHandler.defineTopLevelProperty('resources', { type: 'object' })
    configSchemaHandler.defineProvider('gcp', {
      provider: { properties: provider, required: ['runtime', 'region', 'secretPrefix'] },
      function: { properties: fn, required: ['memory', 'timeoutSeconds'], additionalProperties: false },
    })
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.#package(),
      'deploy:deploy': () => this.#deploy(),
      'info:info': () => this.#deployment('describe'),
      'remove:remove': () => this.#deployment('delete', '--quiet'),
    }
    if (serverless.processedInput.commands[0] === 'deploy')
      this.hooks['before:package:cleanup'] = async () => this.#requireSet('deployServiceAccount')
  }

  async #package(): Promise<void> {
    const written = await writeZips('gcp', this.#serverless, this.#log)
    const grants = await this.#grants()
    const folder = folderOf('gcp', this.#serverless)
    cpSync(module, join(folder, 'lockstep'), { recursive: true })
    write(join(folder, 'main.tf.json'), json(rootModule(this.#serverless, grants)))
    for (const each of Object.values(this.#serverless.service.functions))
      each.package = { individually: true, artifact: written.get('function')! }
    this.#log.notice.success('Packaged for gcp: dist/gcp')
  }

  /** Without a configuration: none, and the beginning of the names decides. */
  async #grants(): Promise<GcpGrants | undefined> {
    const config = await configured('gcp', this.#serverless)
    if (!config) return undefined
    const project = this.#serverless.service.provider.project as string | undefined
    const grants = gcpGrants(config, project || terraform('var.project'))
    const problem = gcpProblem(grants)
    if (problem !== undefined) throw new Refusal(problem)
    for (const note of gcpNotes(config, grants, project || undefined)) this.#log.warning(note)
    return grants
  }

  async #deploy(): Promise<void> {
    const { project, deployServiceAccount } = this.#serverless.service.provider
    await this.#deployment(
      'apply',
      `--service-account=projects/${project}/serviceAccounts/${deployServiceAccount}`,
      `--local-source=${folderOf('gcp', this.#serverless)}`,
    )
  }

  async #deployment(command: 'apply' | 'describe' | 'delete', ...flags: readonly string[]): Promise<void> {
    this.#requireSet()
    const { service, provider } = this.#serverless.service
    const name = `projects/${provider.project}/locations/${provider.region}/deployments/${service}-${provider.stage}`
    await this.#run('gcloud', ['infra-manager', 'deployments', command, name, ...flags])
  }

  #requireSet(...more: readonly 'deployServiceAccount'[]): void {
    const { project, deployServiceAccount } = this.#serverless.service.provider
    const account = { variable: 'GCP_DEPLOY_SERVICE_ACCOUNT', value: deployServiceAccount }
    requireSet([
      { variable: 'GCP_PROJECT', value: project, says: 'it names the project that the functions run in' },
      ...more.map(() => ({ ...account, says: 'it names the service account that Infrastructure Manager acts as' })),
    ])
  }
}

/** The values of this service, with the project as a variable, so that a package of nobody's project is complete too. */
function rootModule(
  { service: { service, provider, functions, custom } }: Serverless,
  grants: GcpGrants | undefined,
): object {
  const project = { type: 'string', ...(provider.project ? { default: provider.project } : {}) }
  const locations = listOf(provider.secretLocations)
  return {
    terraform: { required_version: '>= 1.5.0' },
    variable: { project },
    provider: { google: { project: terraform('var.project'), region: provider.region } },
    module: {
      lockstep: {
        source: './lockstep',
        service,
        stage: provider.stage,
        project: terraform('var.project'),
        region: provider.region,
        runtime: provider.runtime,
        source_zip: `${terraform('path.module')}/function.zip`,
        secret_prefix: provider.secretPrefix,
        secret_locations: locations,
        creates_secrets: provider.createsSecrets === 'true',
        ...(grants && { grants }),
        vpc_connector: provider.vpcConnector || null,
        environment: custom?.environment ?? '',
        member: custom?.member ?? '',
        alarms: provider.alarms !== 'false',
        notification_channels: listOf(provider.notificationChannels),
        sweep_silence: Number(provider.sweepSilence ?? 3600),
        functions: Object.fromEntries(Object.entries(functions).map(([name, each]) => [name, inputsOf(each)])),
      },
    },
    output: Object.fromEntries(
      ['function_uris', 'secrets_topic', 'runtime_service_account'].map(name => [
        name,
        { value: terraform(`module.lockstep.${name}`) },
      ]),
    ),
  }
}

const listOf = (text: unknown): readonly string[] =>
  String(text ?? '')
    .split(',')
    .filter(Boolean)

const terraform = (expression: string): string => `\${${expression}}`

const inputsOf = ({ memory, timeoutSeconds, instances, schedule, timeZone, trigger }: FunctionConfig): object => ({
  memory,
  timeout: timeoutSeconds,
  ...(instances !== undefined && { instances }),
  ...(schedule !== undefined && { schedule, time_zone: timeZone || 'Etc/UTC' }),
  ...(trigger !== undefined && { trigger }),
})
