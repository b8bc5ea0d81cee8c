/**
 * What is used of the framework's interface to plugins: https://www.serverless.com/framework/docs/guides/plugins/creating-plugins
 * @module
 */
export interface FunctionConfig {
  handler?: string
  package?: { artifact: string; individually: true }
  readonly [key: string]: unknown
}

export interface Service {
  readonly service: string
  readonly provider: { readonly name: string; readonly stage: string; readonly region: string } & {
    readonly [key: string]: unknown
  }
  readonly functions: Record<string, FunctionConfig>
  readonly custom?: { readonly config?: string; readonly environment?: string; readonly member?: string }
}

export interface Serverless {
  readonly serviceDir: string
  readonly service: Service
  /** The file as it was read, with its variables resolved. */
  readonly configurationInput: { readonly params?: Readonly<Record<string, unknown>> }
  readonly processedInput: { readonly commands: readonly string[] }
  readonly configSchemaHandler: {
    defineProvider(name: string, schema: object): void
    defineTopLevelProperty(name: string, schema: object): void
  }
  readonly pluginManager: {
    readonly hooks: Record<string, { pluginName: string; hook: () => Promise<void> }[]>
    spawn(command: string): Promise<void>
  }
  setProvider(name: string, provider: object): void
}

export interface Log {
  notice: ((message: string) => void) & { success(message: string): void }
  warning(message: string): void
}

export type Options = Readonly<Record<string, unknown>>
export type Hooks = Record<string, () => Promise<void>>

export interface Command {
  readonly usage?: string
  readonly lifecycleEvents?: readonly string[]
  readonly options: Readonly<
    Record<string, { readonly usage: string; readonly type: 'string' | 'boolean'; readonly shortcut?: string }>
  >
}

/** What a person can put right: the framework prints its message only, and the stack of anything else. */
export class Refusal extends Error {
  override readonly name = 'ServerlessError'
  readonly code = 'LOCKSTEP_REFUSED'
}
