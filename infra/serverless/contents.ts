/**
 * What each zip holds: the files that the build makes for one function, by the names that it gives them, the configuration, and
 * what the platform needs to find the entry point.
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sanitise } from '../../core/errors.ts'
import { type Cloud, readConfig } from '../../core/functions/configuration.ts'
import { environmentProblem } from '../../core/functions/stage.ts'
import { stagesOf } from './checks.ts'
import { Refusal, type Serverless } from './framework.ts'
import type { Files } from './zip.ts'

const FRAMEWORK = '@google-cloud/functions-framework'
const manifest = new URL('../../package.json', import.meta.url)
const host = new URL('../azure/host.json', import.meta.url)

/** The name of a zip, without its ending, and what is in it. */
export type Contents = ReadonlyMap<string, Files>

export async function contentsOf(cloud: Cloud, config: Files): Promise<Contents> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-package-'))
  const built = (files: readonly { readonly name: string }[]): Files =>
    new Map(files.map(({ name }) => [name, readFileSync(join(folder, name))]))
  try {
    if (cloud === 'aws') {
      // loaded here, for the framework can only `require` what awaits nothing at its top
      const { buildGroup } = await import('../../scripts/build-lambda.ts')
      const [alone, fleet] = await Promise.all([buildGroup(folder, 'rotate'), buildGroup(folder, 'fleet')])
      const [rotate] = alone.values()
      const others = [...fleet].map(([name, { files }]) => [name, new Map([...built(files), ...config])] as const)
      return new Map([['rotate', built(rotate!.files)], ...others])
    }
    const { buildFunctions } = await import('../../scripts/build-functions.ts')
    const { files } = await buildFunctions(cloud, folder)
    const platform = cloud === 'gcp' ? ofGoogle() : ofAzure()
    return new Map([['function', new Map([...built(files), ...config, ...platform])]])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Google's build installs what it names, and starts the framework on `main`. */
function ofGoogle(): Files {
  const { version, devDependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  const dependencies = { [FRAMEWORK]: devDependencies[FRAMEWORK] as string }
  return new Map([
    ['package.json', text({ name: 'lockstep-functions', version, private: true, main: 'index.mjs', dependencies })],
  ])
}

function ofAzure(): Files {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  return new Map<string, Uint8Array | string>([
    ['host.json', readFileSync(host)],
    ['package.json', text({ name: 'lockstep-functions', version, private: true, main: 'index.mjs' })],
  ])
}

const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/**
 * The configuration of the service, which the reader of the functions accepts; none, where there is none yet. One that it refuses
 * would be found by the first invocation, after everything was deployed.
 */
export async function configOf(cloud: Cloud, serverless: Serverless): Promise<Files> {
  const { serviceDir, service } = serverless
  const name = configNames(cloud, service).find(each => existsSync(resolve(serviceDir, each)))
  if (name === undefined) return new Map()
  const file = resolve(serviceDir, name)
  const { environment, member } = service.custom ?? {}
  const env = { LOCKSTEP_CONFIG: file, LOCKSTEP_ENVIRONMENT: environment, LOCKSTEP_MEMBER: member }
  const config = await readConfig(cloud, serviceDir, env).catch(thrown => {
    const { message, next } = sanitise(thrown)
    throw new Refusal(`${name}: ${message} ${next}`)
  })
  const problem = environmentProblem(service.provider.stage, stagesOf(serverless), config)
  if (problem !== undefined) throw new Refusal(`${name}: ${problem}`)
  return new Map([['lockstep.yml', readFileSync(file)]])
}

/** Where it is looked for: a service of several clouds has one for each, beside its service.yml. */
export const configNames = (cloud: Cloud, { custom }: Serverless['service']): readonly string[] =>
  custom?.config ? [custom.config] : [`${cloud}/lockstep.yml`, 'lockstep.yml']
