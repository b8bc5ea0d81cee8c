/**
 * The configuration of a function: `lockstep.yml`, deployed beside its bundle.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { Config, StoreConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const clouds = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' } as const
export type Cloud = keyof typeof clouds

/**
 * LOCKSTEP_CONFIG, or `lockstep.yml` in the folder; LOCKSTEP_ENVIRONMENT chooses one of its environments. Unreadable, wrong, or
 * with a store that is not of this cloud: `config-invalid`.
 */
export function readConfig(cloud: Cloud, folder: string, env: Environment): Config {
  const fileName = resolve(env.LOCKSTEP_CONFIG || join(folder, 'lockstep.yml'))
  const config = loadConfig(textOf(fileName), { fileName, environment: env.LOCKSTEP_ENVIRONMENT || undefined })
  for (const [name, { kind }] of config.stores) if (kind !== cloud) throw elsewhere(cloud, name, kind)
  return config
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
    `The store ${name} is of kind ${kind}: a function on ${clouds[cloud]} has none.`,
    {
      at: name,
      next: `Let the environment that LOCKSTEP_ENVIRONMENT names have stores of kind ${cloud} only.`,
    },
  )
