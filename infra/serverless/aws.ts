/**
 * AWS: the framework compiles and deploys the stack; the zips are ours, and so is a template that needs no framework.
 * @module
 */
import { cpSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Hooks, Log, Options, Serverless } from './framework.ts'
import { folderOf, json, write, writeZips } from './output.ts'
import { standalone, type Template } from './standalone.ts'

const attach = new URL('../aws/attach-rotation.yml', import.meta.url)
const COMPILED = '.serverless/cloudformation-template-update-stack.json'

export class AwsPackaging {
  readonly hooks: Hooks
  readonly #serverless: Serverless
  readonly #log: Log

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

  /** Each function has the zip of its handler's file. */
  async #zips(): Promise<void> {
    const written = await writeZips('aws', this.#serverless, this.#log)
    for (const fn of Object.values(this.#serverless.service.functions))
      fn.package = { individually: true, artifact: written.get(fn.handler!.replace(/\.\w+$/, ''))! }
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
