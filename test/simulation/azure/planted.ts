// Bugs planted into the adapter: each must be found, or the simulator proves nothing.

import type { Journal } from '../../../azure/journal.ts'
import type { Held, Requests } from '../../../azure/requests.ts'
import { isSibling } from '../../../azure/slots.ts'
import type { SecretStore, VersionId } from '../../../core/ports/secret-store.ts'
import { type Change, changed } from '../common/changed.ts'
import type { Planted } from '../common/simulate.ts'
import { type Adapter, realAdapter } from './backend.ts'

const onWire = (change: Change<Requests>): Adapter => ({
  ...realAdapter,
  requests: requests => changed(requests, change),
})

const onPort = (change: (inner: SecretStore, requests: Requests) => Partial<SecretStore>): Adapter => ({
  ...realAdapter,
  store: (requests, journal, clock) =>
    changed(realAdapter.store(requests, journal, clock), inner => change(inner, requests)),
})

const onJournal = (change: Change<Journal>): Adapter => ({
  ...realAdapter,
  store: (requests, journal, clock) => realAdapter.store(requests, changed(journal, change), clock),
})

/** As the samples do it: the new version first, then the database. */
const publishBeforeSet = onPort((inner, requests) => ({
  async putPending(id, draft, call) {
    const pinned = await inner.putPending(id, draft, call)
    if (pinned.value !== 'disabled') await requests.set(id, pinned.value, { tags: {} }, call)
    return pinned
  },
}))

const tagsDropped = onWire(inner => ({
  set: (name, value, carried, call) => inner.set(name, value, { ...carried, tags: {} }, call),
}))

const valueFromMemory = onPort(inner => ({
  putPending: async (id, draft, call) => ({ ...(await inner.putPending(id, draft, call)), value: draft.value }),
}))

const latestOfSibling = onWire(inner => ({
  get: (name, version, call) => inner.get(name, isSibling(name) ? undefined : version, call),
}))

const withoutIfMatch = onJournal(inner => ({
  write: async (secret, ledger, _, call) => inner.write(secret, ledger, await inner.read(secret, call), call),
}))

const NOT_YET = 'f'.repeat(32) as VersionId

const recordBeforePublish: Adapter = {
  ...realAdapter,
  store: (requests, journal, clock) => {
    let held: (() => Promise<unknown>) | undefined
    const late = changed(requests, inner => ({
      async set(name, value, carried, call) {
        if (isSibling(name)) return inner.set(name, value, carried, call)
        held = () => inner.set(name, value, carried, call)
        return { ...((await inner.get(name, undefined, call)) as Held), ...carried, value, version: NOT_YET }
      },
    }))
    const early = changed(journal, inner => ({
      async write(secret, ledger, over, call) {
        const entry = await inner.write(secret, ledger, over, call)
        await held?.()
        held = undefined
        return entry
      },
    }))
    return realAdapter.store(late, early, clock)
  },
}

const setAgain = onWire(inner => ({
  set: (name, value, carried, call) =>
    inner.set(name, value, carried, call).catch(error => {
      if (Object(error).code !== 'unknown') throw error
      return inner.set(name, value, carried, call)
    }),
}))

/** What was current when the run began is taken to be it still. */
const noSecondLook = onWire(inner => {
  const seen = new Map<string, Held>()
  return {
    async get(name, version, call) {
      const known = version === undefined ? seen.get(name) : undefined
      const found = known ?? (await inner.get(name, version, call))
      if (version === undefined && found && found !== 'disabled') seen.set(name, found)
      return found
    },
    async set(name, value, carried, call) {
      const made = await inner.set(name, value, carried, call)
      seen.set(name, made)
      return made
    },
  }
})

export const plantedOnAzure: readonly Planted<Adapter>[] = [
  { name: 'publish before set', subject: publishBeforeSet, where: /alternating.*: two rotations$/ },
  { name: 'tags dropped', subject: tagsDropped, where: /single.*: two rotations$/ },
  {
    name: 'the value from memory instead of the winner’s',
    subject: valueFromMemory,
    where: /single.*sleeps/,
  },
  {
    name: 'the latest of the sibling instead of the pinned one',
    subject: latestOfSibling,
    where: /single.*sleeps/,
  },
  { name: 'the journal written without If-Match', subject: withoutIfMatch, where: /single.*every interleaving/ },
  { name: 'record before publish', subject: recordBeforePublish, where: /single.*: two rotations$/ },
  { name: 'a second set on an unknown outcome', subject: setAgain, where: /single.*: two rotations$/ },
  { name: 'no look before the publication', subject: noSecondLook, where: /alternating.*people edit/ },
]
