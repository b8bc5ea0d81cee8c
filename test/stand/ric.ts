/**
 * AWS's own runtime client for Node.js, npm's `aws-lambda-ric`: what runs a handler in Lambda. npm compiles its native part,
 * for about half a minute, so it is installed into the stand at first use and is no dependency of the project.
 * @module
 */
import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { debianRoot } from './debs.ts'
import { longCommand, madeOnce } from './once.ts'
import { orUnavailable, sh, standRoot, type Unavailable } from './stand.ts'

/** The same version for everybody: the errors it posts and the variables it demands are part of what is tested. */
export const RIC_VERSION = '4.0.2'

export interface RuntimeClient {
  /** The script that Node.js runs, with `file.export` of the handler as its argument. */
  readonly entry: string
}

/** Installed at the first call. Not Linux, no compiler or no registry: `{ unavailable }`. */
export const runtimeClient = (): Promise<RuntimeClient | Unavailable> =>
  orUnavailable(`aws-lambda-ric ${RIC_VERSION}`, async () => {
    if (process.platform !== 'linux') throw new Error('its native part is not built on this system')
    const folder = await madeOnce(path.join(standRoot(), 'npm', `aws-lambda-ric-${RIC_VERSION}`), install)
    return { entry: path.join(packageIn(folder), 'index.mjs') }
  })

const packageIn = (folder: string): string => path.join(folder, 'node_modules/aws-lambda-ric')

async function install(folder: string): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` }
  const tools = path.join(folder, 'tools')
  mkdirSync(tools)
  if (!present('cmake')) {
    symlinkSync(path.join(debianRoot('bookworm', 'cmake'), 'usr/bin/cmake'), path.join(tools, 'cmake'))
    env.PATH += `:${tools}`
  }
  const missing = ['make', 'g++', 'python3', 'xz', 'tar', 'setpriv'].filter(tool => !present(tool))
  if (missing.length > 0) throw new Error(`to compile and to run it, install ${missing.join(', ')}`)
  const how = ['--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error']
  await longCommand('npm', ['install', '--prefix', folder, ...how, `aws-lambda-ric@${RIC_VERSION}`], env)
  // a folder is published only with a native part that this Node.js can load
  const native = path.join(packageIn(folder), 'rapid-client.node')
  await longCommand(process.execPath, ['-e', `require(${JSON.stringify(native)})`], {
    AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1',
  })
}

function present(tool: string): boolean {
  try {
    sh('which', [tool])
    return true
  } catch {
    return false
  }
}
