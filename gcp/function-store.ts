/**
 * The store as the functions need it: with the name that the service itself has for a secret, which tells projects apart.
 * @module
 */
import type { GcpStoreConfig } from '../core/config/types.ts'
import type { FunctionStore } from '../core/functions/workshop.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Call, SecretId } from '../core/ports/secret-store.ts'
import { createClient } from './client.ts'
import { openGcpStore } from './index.ts'
import { Requests } from './requests.ts'

export interface GcpFunctionStore extends FunctionStore {
  /** `projects/NUMBER/secrets/…`. In another project: if its secret may be looked at. Absent: undefined. */
  fullName(id: SecretId, call: Call, inProject?: string): Promise<string | undefined>
}

/** `connect`: instead of a client of the SDK's own making. */
export async function openFunctionStore(
  config: GcpStoreConfig,
  clock: Clock,
  connect: typeof createClient = createClient,
): Promise<GcpFunctionStore> {
  const { project, location, endpoint, readBy } = config
  const client = await connect({ project, location, endpoint })
  const requests = new Requests(client, clock, { project, location })
  const store = await openGcpStore({ client, project, location, readBy, clock })
  return Object.assign(store, {
    fullName: async (id: SecretId, call: Call, other?: string) => {
      const there = other === undefined ? requests : new Requests(client, clock, { project: other, location })
      return (await there.secret(id, call))?.name
    },
  })
}
