/**
 * The configuration of a function: `lockstep.yml`, deployed beside its bundle.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { adminOf, type Config, type StoreConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const clouds = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' } as const
export type Cloud = keyof typeof clouds

/**
 * LOCKSTEP_CONFIG, or `lockstep.yml` in the folder; LOCKSTEP_ENVIRONMENT chooses one of its environments. Unreadable, wrong, or
 * with a secret in a store that is not of this cloud: `config-invalid`.
 */
export async function readConfig(cloud: Cloud, folder: string, env: Environment): Promise<Config> {
  const fileName = resolve(env.LOCKSTEP_CONFIG || join(folder, 'lockstep.yml'))
  const text = textOf(fileName)
  const { loadConfig } = await import('../config/load.ts')
  const config = loadConfig(text, { fileName, environment: env.LOCKSTEP_ENVIRONMENT || undefined })
  for (const name of reached(config)) {
    const kind = config.stores.get(name)!.kind
    if (kind !== cloud) throw elsewhere(cloud, name, kind)
  }
  return config
}

/** A store that nobody's secret is in may be another function's. */
function reached({ secrets }: Config): ReadonlySet<string> {
  const names = [...secrets.values()].flatMap(({ store, target, consumers }) => [
    store,
    adminOf(target)?.store ?? store,
    ...consumers.flatMap(({ hook }) => (hook?.kind === 'webhook' ? hook.key.store : [])),
  ])
  return new Set(names)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new RotationError('config-invalid', `The configuration ${file} cannot be read.`, {
      at: file,
      next: 'Deploy lockstep.yml beside the function, or name it in LOCKSTEP_CONFIG.',
    })
  }
}

const elsewhere = (cloud: Cloud, name: string, kind: StoreConfig['kind']): RotationError =>
  new RotationError(
    'config-invalid',
    `The store ${name} is of kind ${kind}: a function on ${clouds[cloud]} does not reach it.`,
    {
      at: name,
      next: `Deploy it with the secrets of its own cloud: a lockstep.yml of its own, or an environment of it (LOCKSTEP_ENVIRONMENT).`,
    },
  )
