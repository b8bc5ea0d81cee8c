/** The process of `azure-host.ts`: `node azure-host-process.ts APP`. Talks to its parent by messages. */
import dns from 'node:dns'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

interface Model {
  getInvocationModel(context: object): {
    getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
    invokeFunction(context: unknown, inputs: unknown[], handler: Callback): Promise<unknown>
    getResponse(context: unknown, result: unknown): Promise<{ returnValue?: unknown }>
  }
}
type Callback = (...args: unknown[]) => unknown

const functions = new Map<
  string,
  { metadata: { name: string; bindings: Record<string, { type: string }> }; callback: Callback }
>()
let model: Model | undefined
const noop = { dispose: () => undefined }

const core = {
  version: '4.0.0',
  hostVersion: '4.0.0',
  Disposable: class {
    dispose(): void {}
  },
  registerHook: () => noop,
  setProgrammingModel: (given: Model) => {
    model = given
  },
  getProgrammingModel: () => model,
  registerFunction: (metadata: never, callback: Callback) => {
    functions.set((metadata as { name: string }).name, { metadata, callback })
    return noop
  },
  log: () => undefined,
}
Object.assign(globalThis, { azureFunctionsCore: core })
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@azure/functions-core'
      ? { url: 'azure-functions-core:', format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
  load: (url, context, next) =>
    url === 'azure-functions-core:'
      ? { format: 'commonjs', source: 'module.exports = globalThis.azureFunctionsCore', shortCircuit: true }
      : next(url, context),
})

// Azure's names are at this machine; every other one is not found
const known = /\.(vault\.azure\.net|core\.windows\.net)$/
const lookup = dns.lookup
dns.lookup = ((hostname: string, options: never, callback: never) =>
  lookup(known.test(hostname) ? '127.0.0.1' : hostname, options, callback)) as typeof dns.lookup

const began = performance.now()
await import(pathToFileURL(process.argv[2]!).href).catch(error => {
  // as the platform's worker does, instead of the line of a bundle
  process.stderr.write(
    `${(error as Error).message}
`,
    () => process.exit(1),
  )
  return new Promise(() => {})
})
const registered = [...functions.values()].map(({ metadata }) => metadata)
process.send!({ id: 'loaded', loadMs: performance.now() - began, registered })

process.on('message', async (order: { id: string; name: string; input: object }) => {
  const { id, name, input } = order
  const logs: { level: string; message: string }[] = []
  const { metadata, callback } = functions.get(name)!
  const [binding] = Object.entries(metadata.bindings).find(([, { type }]) => /trigger$/i.test(type))!
  const request = { invocationId: id, inputData: [{ name: binding, data: input }], triggerMetadata: {} }
  const log = (level: string, _: string, message: string) => void logs.push({ level, message })
  const invocation = model!.getInvocationModel({ invocationId: id, metadata, request, log })
  try {
    const { context, inputs } = await invocation.getArguments()
    const { returnValue } = await invocation.getResponse(
      context,
      await invocation.invokeFunction(context, inputs, callback),
    )
    const bytes = (returnValue as { http?: { body?: { bytes?: Uint8Array } } } | undefined)?.http?.body?.bytes
    const body = bytes && Buffer.from(bytes).toString()
    process.send!({ id, returnValue: returnValue ?? null, body, logs })
  } catch (error) {
    const { message, stack } = error as Error
    process.send!({ id, error: { message, stack }, logs })
  }
})
