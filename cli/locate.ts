/**
 * The secret that a name on the command line means: one of the configuration, the admin of a target, or any id of a store.
 * @module
 */
import { didYouMean } from '../core/config/nearest.ts'
import { adminOf, type SecretConfig } from '../core/config/types.ts'
import { RotationError } from '../core/errors.ts'
import type { Call } from '../core/ports/secret-store.ts'
import type { Workspace } from './compose.ts'
import { ledNow } from './members.ts'

export interface Located {
  /** As audit events call it. */
  readonly name: string
  readonly store: string
  readonly id: string
  /** What the value must look like; an id that the configuration does not name may hold anything. */
  readonly expects?: Pick<SecretConfig, 'value' | 'user'>
  /** Present if it is rotated. */
  readonly secret?: SecretConfig
}

/** `store`: the name is an id of that store, whatever the configuration calls so. */
export function locate({ config }: Workspace, name: string, store: string | undefined): Located {
  if (store !== undefined) return inStore([...config.stores.keys()], name, store)
  const secret = config.secrets.get(name)
  if (secret) return { name, store: secret.store, id: secret.id, expects: secret, secret }
  const admins = [...config.secrets.values()].flatMap(({ target }) => adminOf(target) ?? [])
  const admin = admins.find(({ id }) => id === name)
  if (admin) return { name, store: admin.store, id: admin.id, expects: admin }
  const known = [...new Set([...config.secrets.keys(), ...admins.map(({ id }) => id)])]
  throw new RotationError('usage', `The configuration names no secret ${name}${didYouMean(name, known)}`, {
    secret: name,
    next: 'Use a name of lockstep.yml, or --store STORE for any other id.',
  })
}

/** The same at the member that leads now, if it is rotated and has followers. */
export async function locateLed(workspace: Workspace, name: string, store: string | undefined, call: Call) {
  const located = locate(workspace, name, store)
  if (!located.secret || located.secret.followers.length === 0) return located
  const secret = await ledNow(workspace, name, call)
  return { ...located, store: secret.store, id: secret.id } satisfies Located
}

function inStore(stores: readonly string[], id: string, store: string): Located {
  if (stores.includes(store)) return { name: id, store, id }
  throw new RotationError('usage', `No store is called ${store}${didYouMean(store, stores)}`, {
    next: `Stores: ${stores.join(', ') || 'none'}.`,
  })
}
