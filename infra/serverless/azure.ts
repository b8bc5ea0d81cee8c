/**
 * Azure: a zip and ARM templates, with the parameters of this service. `az` deploys what outlives the functions, the app, its code,
 * and then the subscriptions, which are refused while the function that they name is not there.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AzureGrants, azureGrants, azureNeeds, azureNotes } from '../permissions/azure.ts'
import { requireSet } from './checks.ts'
import { dry, type Run, wet } from './cli.ts'
import { configured } from './configured.ts'
import type { Hooks, Log, Options, Serverless } from './framework.ts'
import { folderOf, json, write, writeZips } from './output.ts'

const provider = {
  runtime: { enum: ['node22', 'node24'] },
  region: { type: 'string', pattern: '^[a-z0-9]+$' },
  resourceGroup: { type: 'string' },
  keyVault: { type: 'string', pattern: '^([a-zA-Z][a-zA-Z0-9-]{2,23})?$' },
  subnetId: { type: 'string' },
  logRetentionDays: { type: 'integer' },
  alarms: { enum: ['true', 'false'] },
  actionGroupId: { type: 'string' },
  sweepSilence: { type: 'string', pattern: '^(PT[1-6]H|P1D)$' },
}

const fn = {
  schedule: { type: 'string' },
  eventGrid: { type: 'array', items: { type: 'string', pattern: '^Microsoft\\.KeyVault\\.\\w+$' } },
  http: { const: true },
  queue: { type: 'string', pattern: '^[a-z0-9](-?[a-z0-9])+$' },
}

/** Deployment stacks know what they made, and take it away again; a plain deployment leaves it. */
const templates = ['state', 'app', 'events', 'alarms', 'dashboard'] as const
type Name = (typeof templates)[number]

/** A month is the least that Log Analytics keeps. */
const LEAST_DAYS = 30

export class AzureProvider {
  readonly hooks: Hooks
  readonly #serverless: Serverless
  readonly #log: Log
  readonly #run: Run

  static getProviderName = (): string => 'azure'

  constructor(serverless: Serverless, options: Options, log: Log) {
    this.#serverless = serverless
    this.#log = log
    this.#run = options['dry-run'] === true ? dry(log) : wet(serverless.serviceDir)
    const { configSchemaHandler } = serverless
    configSchemaHandler.defineTopLevelProperty('resources', { type: 'object' })
    configSchemaHandler.defineProvider('azure', {
      provider: { properties: provider, required: ['runtime', 'region'] },
      function: { properties: fn, additionalProperties: false },
    })
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.#package(),
      'deploy:deploy': () => this.#deploy(),
      'info:info': () => this.#info(),
      'remove:remove': () => this.#remove(),
    }
    if (serverless.processedInput.commands[0] === 'deploy')
      this.hooks['before:package:cleanup'] = async () => this.#requireSet()
  }

  async #package(): Promise<void> {
    const written = await writeZips('azure', this.#serverless, this.#log)
    const parameters = { ...parametersOf(this.#serverless, this.#app), ...(await this.#grants()) }
    for (const name of templates) {
      const template = readFileSync(new URL(`../azure/${name}.json`, import.meta.url), 'utf8')
      write(this.#path(`${name}.json`), template)
      write(this.#path(`${name}.parameters.json`), json(parameterFile(template, parameters)))
    }
    for (const each of Object.values(this.#serverless.service.functions))
      each.package = { individually: true, artifact: written.get('function')! }
    this.#log.notice.success('Packaged for azure: dist/azure')
  }

  /** Without a configuration, or without a vault to grant anything in: none, and the template grants all secrets of the vault. */
  async #grants(): Promise<AzureGrants | undefined> {
    const { keyVault = '', resourceGroup = '', stage } = this.#serverless.service.provider
    const config = await configured('azure', this.#serverless)
    if (!config || !keyVault) return undefined
    const place = { keyVault: String(keyVault), resourceGroup: String(resourceGroup), stage }
    const needs = azureNeeds(config)
    for (const note of azureNotes(config, needs, place)) this.#log.warning(note)
    return azureGrants(needs, place)
  }

  async #deploy(): Promise<void> {
    this.#requireSet()
    await this.#az('deployment group create', this.#name('state'), this.#template('state'))
    await this.#az('stack group create', this.#name('app'), [...this.#template('app'), ...STACK])
    const zip = ['--src', this.#path('function.zip')]
    await this.#az('functionapp deployment source config-zip', this.#app, zip)
    for (const name of ['events', ...this.#watching] as const)
      await this.#az('stack group create', this.#name(name), [...this.#template(name), ...STACK])
  }

  async #info(): Promise<void> {
    this.#requireSet()
    for (const name of ['app', 'events'] as const)
      await this.#az('stack group show', this.#name(name), ['--query', 'resources[].id', '--output', 'tsv'])
    await this.#az('functionapp function list', this.#app, ['--query', '[].name', '--output', 'tsv'])
  }

  /** The journal says which rotation is where: without it the next run would know nothing of one that has begun. */
  async #remove(): Promise<void> {
    this.#requireSet()
    for (const name of [...this.#watching, 'events', 'app'] as const)
      await this.#az('stack group delete', this.#name(name), ['--action-on-unmanage', 'deleteResources', '--yes'])
    this.#log.notice(
      'The storage with the journal and the dead letters stays; delete it yourself if no rotation is under way.',
    )
  }

  #az(command: string, name: string, more: readonly string[]): Promise<void> {
    const group = String(this.#serverless.service.provider.resourceGroup)
    return this.#run('az', [...command.split(' '), '--resource-group', group, '--name', name, ...more])
  }

  #template(name: Name): readonly string[] {
    return ['--template-file', this.#path(`${name}.json`), '--parameters', `@${this.#path(`${name}.parameters.json`)}`]
  }

  #requireSet(): void {
    const { resourceGroup, keyVault } = this.#serverless.service.provider
    requireSet([
      { variable: 'AZURE_RESOURCE_GROUP', value: resourceGroup, says: 'it names the group that the vault is in' },
      { variable: 'AZURE_KEY_VAULT', value: keyVault, says: 'it names the vault whose secrets are rotated' },
    ])
  }

  get #watching(): readonly ('alarms' | 'dashboard')[] {
    return this.#serverless.service.provider.alarms === 'false' ? [] : ['alarms', 'dashboard']
  }

  #path = (file: string): string => join(folderOf('azure', this.#serverless), file)
  #name = (template: Name): string =>
    `${this.#serverless.service.service}-${this.#serverless.service.provider.stage}-${template}`

  /** In all of Azure, as the name of the vault is. */
  get #app(): string {
    const { service, provider } = this.#serverless.service
    return `${service}-${provider.stage}-${provider.keyVault}`.toLowerCase()
  }
}

const STACK = ['--action-on-unmanage', 'deleteResources', '--deny-settings-mode', 'none', '--yes']

function parametersOf({ service }: Serverless, appName: string): Readonly<Record<string, unknown>> {
  const { provider, functions, custom } = service
  const each = Object.entries(functions)
  const subscribed = each.filter(([, { eventGrid }]) => eventGrid !== undefined)
  return {
    ...(provider.keyVault ? { appName, keyVaultName: provider.keyVault } : {}),
    stage: provider.stage,
    location: provider.region,
    nodeVersion: String(provider.runtime).replace('node', ''),
    queueName: each.find(([, { queue }]) => queue !== undefined)?.[1].queue,
    sweepSchedule: each.find(([, { schedule }]) => schedule !== undefined)?.[1].schedule,
    environment: custom?.environment ?? '',
    member: custom?.member ?? '',
    subnetId: provider.subnetId ?? '',
    actionGroupId: provider.actionGroupId ?? '',
    sweepSilence: provider.sweepSilence,
    logRetentionDays: Math.max(LEAST_DAYS, Number(provider.logRetentionDays)),
    subscriptions: subscribed.map(([name, { eventGrid }]) => ({ function: name, eventTypes: eventGrid })),
  }
}

/** Those that the template has: a deployment refuses any other. One without a value is left out, and asked for. */
function parameterFile(template: string, values: Readonly<Record<string, unknown>>): object {
  const { parameters } = JSON.parse(template) as { readonly parameters: object }
  const named = Object.keys(parameters).filter(name => values[name] !== undefined)
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(named.map(name => [name, { value: values[name] }])),
  }
}
