/**
 * AWS: the framework compiles and deploys the stack; the zips are ours, and so is a template that needs no framework.
 * @module
 */
import { cpSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { Config } from '../../core/config/types.ts'
import { permissions, problemOf } from '../permissions/aws.ts'
import { type FunctionName, functionNames } from '../permissions/aws-calls.ts'
import { fits, type Statement, statementsOf } from '../permissions/aws-policy.ts'
import { configOf } from './contents.ts'
import { type Hooks, type Log, type Options, Refusal, type Serverless } from './framework.ts'
import { folderOf, json, write, writeZips } from './output.ts'
import { standalone, type Template } from './standalone.ts'

const attach = new URL('../aws/attach-rotation.yml', import.meta.url)
const COMPILED = '.serverless/cloudformation-template-update-stack.json'

export class AwsPackaging {
  readonly hooks: Hooks
  readonly #serverless: Serverless
  readonly #log: Log
  #granted: readonly (readonly [FunctionName, readonly Statement[]])[] = []

  constructor(serverless: Serverless, options: Options, log: Log) {
    this.#serverless = serverless
    this.#log = log
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.#zips(),
      'after:package:finalize': () => this.#template(),
    }
    const [command] = serverless.processedInput.commands
    if (options['dry-run'] !== true) return
    if (command === 'deploy') this.#insteadOf(command, 'AwsDeploy', () => this.#sayDeploy())
    if (command === 'remove') this.#insteadOf(command, 'AwsRemove', () => this.#sayRemove())
  }

  /** Each function has the zip of its handler's file, and its role what the configuration in it needs. */
  async #zips(): Promise<void> {
    await this.#roles()
    const written = await writeZips('aws', this.#serverless, this.#log)
    for (const fn of Object.values(this.#serverless.service.functions))
      fn.package = { individually: true, artifact: written.get(fn.handler!.replace(/\.\w+$/, ''))! }
  }

  /** Without a configuration they stay as they are written, for the names that SecretPattern allows. */
  async #roles(): Promise<void> {
    const config = await this.#config()
    if (config === undefined) return
    const { region } = this.#serverless.service.provider
    const problem = problemOf(config, { region })
    if (problem !== undefined) throw new Refusal(problem)
    const granted = permissions(config, { region })
    const statements = functionNames.map(fn => [fn, statementsOf(granted[fn])] as const)
    if (!statements.every(([, each]) => fits(each))) {
      this.#log.warning(
        `The names of ${config.secrets.size} secrets do not fit into the policy of a role: each role may reach what --param secretPattern names, in this account and region. Split the configuration into several stacks to grant less.`,
      )
      return
    }
    const { Resources } = (this.#serverless.service as unknown as { resources: { Resources: Roles } }).resources
    for (const [fn, Statement] of statements) policyOf(Resources, fn).Statement = Statement
    this.#granted = statements
  }

  async #config(): Promise<Config | undefined> {
    const { serviceDir, service } = this.#serverless
    const text = (await configOf('aws', this.#serverless)).get('lockstep.yml')
    if (text === undefined) return undefined
    const { loadConfig } = await import('../../core/config/load.ts')
    const environment = service.custom?.environment || undefined
    return loadConfig(String(text), { fileName: resolve(serviceDir, 'lockstep.yml'), environment })
  }

  async #template(): Promise<void> {
    const compiled = JSON.parse(readFileSync(join(this.#serverless.serviceDir, COMPILED), 'utf8')) as Template
    const folder = folderOf('aws', this.#serverless)
    write(join(folder, 'template.json'), json(standalone(compiled)))
    cpSync(attach, join(folder, 'attach-rotation.yml'))
    this.#log.notice.success(`Packaged for aws: dist/${basename(folder)}`)
  }

  /** The framework has no dry run: what it would do for the command is taken out, its call that asks who is signed in too. */
  #insteadOf(command: 'deploy' | 'remove', theirs: string, say: () => Promise<void>): void {
    const { hooks } = this.#serverless.pluginManager
    for (const [event, all] of Object.entries(hooks))
      hooks[event] = event.includes(`${command}:`) ? [] : all.filter(({ pluginName }) => pluginName !== theirs)
    this.hooks[`${command}:${command}`] = say
  }

  async #sayDeploy(): Promise<void> {
    const { pluginManager, service } = this.#serverless
    await pluginManager.spawn('package')
    this.#log.notice(`Would create or update the stack ${this.#stack} in ${service.provider.region}:`)
    const template = join(folderOf('aws', this.#serverless), 'template.json')
    const { Resources } = JSON.parse(readFileSync(template, 'utf8')) as Template
    for (const [name, { Type }] of Object.entries(Resources)) this.#log.notice(`  ${Type.padEnd(34)} ${name}`)
    if (this.#granted.length > 0)
      this.#log.notice('Its roles would be granted this, and what kmsKeyArn and subnetIds need:')
    for (const [fn, statements] of this.#granted)
      for (const statement of statements) this.#log.notice(`  ${fn.padEnd(8)} ${inShort(statement)}`)
  }

  async #sayRemove(): Promise<void> {
    this.#log.notice(
      `Would empty the bucket of the packages, and delete the stack ${this.#stack}; secrets stay as they are.`,
    )
  }

  get #stack(): string {
    const { service, provider } = this.#serverless.service
    return `${service}-${provider.stage}`
  }
}

type Roles = Readonly<
  Record<
    string,
    { readonly Properties: { readonly Policies: readonly { readonly PolicyDocument: { Statement: unknown } }[] } }
  >
>

/** The first is the function's own; the others, for the key and the VPC, are conditions of the stack. */
const policyOf = (roles: Roles, fn: FunctionName): { Statement: unknown } =>
  roles[`${fn[0]!.toUpperCase()}${fn.slice(1)}Role`]!.Properties.Policies[0]!.PolicyDocument

function inShort({ Sid, Action, Resource }: Statement): string {
  const [first, ...others] = [Resource].flat().map(each => (typeof each === 'string' ? each : each['Fn::Sub']))
  const more = others.length > 0 ? ` and ${others.length} more` : ''
  return `${Sid.padEnd(14)} ${Action.join(' ')} on ${first}${more}`
}
