/**
 * The local store: `localSource(await openLocalStore(…))` of `lockstep/local`.
 * @module
 */
import type { Call, SecretState, SecretVersion, VersionId } from '../../ports/secret-store.ts'
import { ClientError } from '../client-error.ts'
import type { ReadCall, SecretSource } from '../secret-source.ts'

/** What is used of it. */
export interface LocalStoreLike {
  get(id: string, call: Call): Promise<SecretVersion | undefined>
  describe(id: string, call: Call): Promise<SecretState | undefined>
  read(id: string, which: VersionId, call: Call): Promise<SecretVersion | undefined>
}

export function localSource(store: LocalStoreLike): SecretSource {
  return {
    async read(name, which, { signal, deadline }: ReadCall) {
      const call: Call = { signal, deadline, run: {} }
      const found = which === 'current' ? await store.get(name, call) : await previousOf(store, name, call)
      if (found === undefined) return undefined
      if (found.value === 'disabled') throw new ClientError('access-denied', 'The version is disabled.')
      return { value: found.value, version: found.version, createdAt: found.createdAt }
    },
  }
}

async function previousOf(store: LocalStoreLike, name: string, call: Call): Promise<SecretVersion | undefined> {
  const previous = (await store.describe(name, call))?.previous
  return previous && store.read(name, previous.version, call)
}
