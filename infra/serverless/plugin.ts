/**
 * The framework's plugin: packs each cloud's functions, adds the providers that the framework does not have, and says what cannot
 * be deployed before anything is made.
 * @module
 */
import { AwsPackaging } from './aws.ts'
import { AzureProvider } from './azure.ts'
import { checkService, cloudOf } from './checks.ts'
import type { Command, Hooks, Log, Options, Serverless } from './framework.ts'
import { GcpProvider } from './gcp.ts'

const dryRun = { 'dry-run': { usage: 'Say what would be done, and do nothing', type: 'boolean' } } as const
const region = { region: { usage: 'Region', shortcut: 'r', type: 'string' } } as const

export default class LockstepPlugin {
  readonly hooks: Hooks
  readonly commands: Readonly<Record<string, Command>>

  constructor(serverless: Serverless, options: Options, { log }: { readonly log: Log }) {
    const cloud = cloudOf(serverless)
    // variables have their values only now
    const check = async () => checkService(cloud, serverless)
    if (cloud === 'aws') {
      this.hooks = { initialize: check, ...new AwsPackaging(serverless, options, log).hooks }
      this.commands = { deploy: { options: dryRun }, remove: { options: dryRun } }
      return
    }
    const provider = new (cloud === 'gcp' ? GcpProvider : AzureProvider)(serverless, options, log)
    serverless.setProvider(cloud, provider)
    this.hooks = { initialize: check, ...provider.hooks }
    const each = { ...region, ...dryRun }
    this.commands = {
      package: { options: region },
      deploy: { usage: `Deploy to ${cloud}`, lifecycleEvents: ['deploy', 'finalize'], options: each },
      info: { usage: `What is deployed to ${cloud}`, lifecycleEvents: ['info'], options: each },
      remove: { usage: `Remove what was deployed to ${cloud}`, lifecycleEvents: ['remove'], options: each },
    }
  }
}
