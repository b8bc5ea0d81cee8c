/**
 * The configuration of a function: `lockstep.yml`, deployed beside its bundle.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { adminOf, type Config, type StoreConfig } from '../config/types.ts'
import { RotationError } from '../errors.ts'
import { adminAt, type MemberName, ofMember, placeIn } from '../fleet/member.ts'
import { placesOf } from '../replication/wire.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const clouds = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' } as const
export type Cloud = keyof typeof clouds

/** Which stores the bundle can open: those of its own cloud, or every cloud's. */
export type Reach = 'own' | 'every'

/** LOCKSTEP_MEMBER: whom the deployment acts for. Not set: for the member of each secret's own store. */
export const memberOf = ({ LOCKSTEP_MEMBER: member }: Environment): MemberName => member || undefined

/**
 * LOCKSTEP_CONFIG, or `lockstep.yml` in the folder; LOCKSTEP_ENVIRONMENT chooses one of its environments. Unreadable, wrong, no secret
 * of this member, or something in a store that the bundle cannot reach: `config-invalid`.
 */
export async function readConfig(
  cloud: Cloud,
  folder: string,
  env: Environment,
  reach: Reach = 'own',
): Promise<Config> {
  const fileName = resolve(env.LOCKSTEP_CONFIG || join(folder, 'lockstep.yml'))
  const text = textOf(fileName)
  const { loadConfig } = await import('../config/load.ts')
  const config = loadConfig(text, { fileName, environment: env.LOCKSTEP_ENVIRONMENT || undefined })
  const kinds: readonly string[] = reach === 'own' ? [cloud] : Object.keys(clouds)
  const needed = reached(config, memberOf(env))
  for (const [name, why] of needed.stores) {
    const { kind } = config.stores.get(name)!
    if (!kinds.includes(kind)) throw elsewhere(cloud, reach, { name, kind, why })
  }
  if (needed.blob && !kinds.includes('azure')) throw elsewhere(cloud, reach, { ...needed.blob, kind: 'azure' })
  return config
}

type Needed = ReadonlyMap<string, string>

/** With what each is needed for. A store that nobody's secret is in may be another function's. */
function reached(
  config: Config,
  member: MemberName,
): { readonly stores: Needed; readonly blob?: { name: string; why: string } } {
  const stores = new Map<string, string>()
  const need = (name: string, why: string) => stores.has(name) || stores.set(name, why)
  const own = ofMember(config, member).secrets
  for (const secret of own.values()) {
    const { target, consumers, followers } = secret
    need(placeIn(secret, member).store, `holds ${secret.name}`)
    const admin = target.kind === 'module' ? undefined : adminOf(adminAt(target, config, member))
    if (admin) need(admin.store, `holds the admin secret of ${secret.name}`)
    for (const { hook } of consumers)
      if (hook?.kind === 'webhook') need(hook.key.store, `holds the key of a hook of ${secret.name}`)
    // whoever follows today may lead tomorrow, and then writes to all the others
    if (followers.length > 0)
      for (const { store } of placesOf(secret).values()) need(store, `is a member of ${secret.name}`)
  }
  const { epochs } = config
  if (!epochs || [...own.values()].every(({ followers }) => followers.length === 0)) return { stores }
  if ('blob' in epochs) return { stores, blob: { name: epochs.blob.container, why: 'says who leads' } }
  need(epochs.store, 'says who leads')
  return { stores }
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

function elsewhere(
  cloud: Cloud,
  reach: Reach,
  { name, kind, why }: { readonly name: string; readonly kind: StoreConfig['kind']; readonly why: string },
): RotationError {
  const whose = reach === 'own' ? `a function on ${clouds[cloud]}` : 'a function'
  return new RotationError(
    'config-invalid',
    `The store ${name} is of kind ${kind}: ${whose} does not reach it. It ${why}.`,
    {
      at: name,
      next:
        kind === 'local'
          ? 'A file of one machine is for the command line: name a store of a cloud.'
          : `Deploy dist/multi/${cloud}, which reaches every cloud; or deploy it with the secrets of its own cloud: a lockstep.yml of its own, or an environment of it (LOCKSTEP_ENVIRONMENT).`,
    },
  )
}
