/**
 * Whether the functions could work with the configuration that would be packed beside them.
 * @module
 */
import { existsSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import type { Config } from '../../core/config/types.ts'
import { sanitise } from '../../core/errors.ts'
import { type Cloud, readConfig } from '../../core/functions/configuration.ts'
import { environmentProblem } from '../../core/functions/stage.ts'
import { formatDuration } from '../../core/policy/duration.ts'
import type { Io } from '../io.ts'
import { type Finding, missing, note, ok, wrong } from './finding.ts'

export interface Wanted {
  readonly cloud: Cloud
  readonly folder: string
  readonly stage: string
  readonly stages: readonly string[]
  /** `--config` or LOCKSTEP_CONFIG. */
  readonly named: string | undefined
  readonly environment: string | undefined
}

export async function configurationFindings(wanted: Wanted, io: Io): Promise<readonly Finding[]> {
  const { cloud, folder, named } = wanted
  const names = named ? [named] : [`${cloud}/lockstep.yml`, 'lockstep.yml']
  const name = names.find(each => existsSync(resolve(folder, each)))
  if (name === undefined)
    return [
      missing(
        'configuration',
        `There is no ${names.join(' and no ')}.`,
        'the configuration that is packed with the functions',
        'Write one, or name it in LOCKSTEP_CONFIG.',
      ),
    ]
  const file = resolve(folder, name)
  const env = {
    LOCKSTEP_CONFIG: file,
    LOCKSTEP_ENVIRONMENT: wanted.environment,
    LOCKSTEP_MEMBER: io.env.LOCKSTEP_MEMBER,
  }
  const read = (reach: 'own' | 'every') => readConfig(cloud, folder, env, reach)
  try {
    return [
      ok('configuration', `${name} is one for functions on ${cloud}.`),
      ...findingsOf(await read('own'), wanted, io),
    ]
  } catch (thrown) {
    const { message, next } = sanitise(thrown)
    const refused = wrong('configuration', `${name}: ${message}`, 'stores that the functions can reach', next)
    const config = await read('every').catch(() => undefined)
    return config === undefined
      ? [refused]
      : [refused, ...withoutSignIn(config, cloud), ...findingsOf(config, wanted, io)]
  }
}

function findingsOf(config: Config, wanted: Wanted, io: Io): readonly Finding[] {
  const { stage, stages, folder } = wanted
  const problem = environmentProblem(stage, stages, config)
  return [
    ...(problem === undefined
      ? [ok('stage', config.environment ? `The environment is ${config.environment}.` : 'No environment is chosen.')]
      : [wrong('stage', problem, 'one environment and stage', 'Set LOCKSTEP_ENVIRONMENT, or name another --stage.')]),
    ...filesLeftOut(config, folder),
    ...keys(config, folder, io),
    ...windows(config),
  ]
}

/** Of the stores that secrets are in: another may be another function's. */
const withoutSignIn = ({ stores, secrets }: Config, cloud: Cloud): Finding[] =>
  [...stores].flatMap(([name, store]) =>
    store.kind === 'local' || store.kind === cloud || store.signIn || store.storedKey || !used(secrets, name)
      ? []
      : [
          wrong(
            'configuration',
            `The store ${name} is of kind ${store.kind} and has no signIn:, which a function on ${cloud} needs.`,
            'signIn: of the store',
            'See docs/federation.md, or leave the store out of this environment.',
          ),
        ],
  )

const used = (secrets: Config['secrets'], store: string): boolean =>
  [...secrets.values()].some(secret => [secret, ...secret.followers].some(place => place.store === store))

/** The package holds the bundle and lockstep.yml, and no file that it names. */
function filesLeftOut({ secrets }: Config, folder: string): Finding[] {
  return [...secrets.values()].flatMap(({ name, target }) => {
    const files =
      target.kind === 'module'
        ? [['target.module', target.module] as const]
        : [
            ['target.tls.ca', target.tls.ca] as const,
            ['target.serverPublicKey', target.kind === 'mysql' ? target.serverPublicKey : undefined] as const,
          ]
    return files.flatMap(([key, file]) =>
      file === undefined || outside(folder, file)
        ? []
        : [
            wrong(
              'configuration',
              `secrets.${name}.${key} names the file ${relative(folder, file)}, which is not packed with the functions.`,
              'a path of the machine that the functions run on, or none',
              `Leave ${key} out for this environment, or rotate ${name} from the command line.`,
            ),
          ],
    )
  })
}

const outside = (folder: string, file: string): boolean => {
  const path = relative(folder, file)
  return path.startsWith('..') || isAbsolute(path)
}

/** No function computes fingerprints: what the key is for is the command line that looks at the same configuration. */
function keys({ fingerprintKey: key }: Config, folder: string, { env }: Io): Finding[] {
  if (key === undefined) return []
  if ('file' in key)
    return outside(folder, key.file)
      ? []
      : [
          note(
            'configuration',
            `fingerprintKey names the file ${relative(folder, key.file)}, which stays here: functions do not read it.`,
          ),
        ]
  if (env[key.env]) return []
  return [
    missing(
      'variable',
      `The variable ${key.env}, which fingerprintKey names, is not set.`,
      'a key of 32 bytes',
      'Set it where `lockstep` runs; the functions do not read it.',
    ),
  ]
}

/** A window says when a rotation may begin; one that began late in it works on after it has closed. */
const windows = ({ secrets }: Config): Finding[] =>
  [...secrets.values()].flatMap(({ name, window, runLife }) =>
    window === undefined || window.duration >= runLife
      ? []
      : [
          wrong(
            'window',
            `The window of ${name} is open for ${formatDuration(window.duration)}, and one rotation may take ${formatDuration(runLife)} (runLife).`,
            'a window that a rotation fits into',
            'Lengthen window.duration, or shorten runLife.',
          ),
        ],
  )
