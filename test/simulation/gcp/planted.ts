// Bugs planted into the adapter: each must be found, or the simulator proves nothing.

import type { SecretStore } from '../../../core/ports/secret-store.ts'
import type { Requests } from '../../../gcp/requests.ts'
import { isSibling } from '../../../gcp/slots.ts'
import { type Change, changed } from '../common/changed.ts'
import type { Planted } from '../common/simulate.ts'
import { type Adapter, realAdapter } from './backend.ts'
import type { Mode } from './cells.ts'

const onWire = (change: Change<Requests>): Adapter => ({
  ...realAdapter,
  requests: requests => changed(requests, change),
})

const onPort = (change: (inner: SecretStore, requests: Requests) => Partial<SecretStore>): Adapter => ({
  ...realAdapter,
  store: (requests, clock, readBy) =>
    changed(realAdapter.store(requests, clock, readBy), inner => change(inner, requests)),
})

/** As the samples do it: the new version first, then the database. */
const publishBeforeSet = onPort((inner, requests) => ({
  async putPending(id, draft, call) {
    const pinned = await inner.putPending(id, draft, call)
    if (pinned.value !== 'disabled') await requests.add(id, pinned.value, call)
    return pinned
  },
}))

const withoutEtag = onWire(inner => ({
  update: (id, seen, change, call) => inner.update(id, { ...seen, etag: '' }, change, call),
}))

const valueFromMemory = onPort(inner => ({
  putPending: async (id, draft, call) => ({ ...(await inner.putPending(id, draft, call)), value: draft.value }),
}))

/** What was added is looked for in a list, which may be minutes old. */
const byListing = onWire(inner => ({
  async access(id, number, call) {
    if (isSibling(id)) return inner.access(id, number, call)
    const listed = await inner.versions(id, 25, call)
    return listed.some(version => version.number === number) ? inner.access(id, number, call) : undefined
  },
}))

const latestOfSibling = onWire(inner => ({
  async access(id, number, call) {
    const latest = isSibling(id) ? (await inner.version(id, 'latest', call))?.number : undefined
    return inner.access(id, latest ?? number, call)
  },
}))

const recordBeforePublish = onWire(inner => {
  let held: (() => Promise<unknown>) | undefined
  return {
    async add(id, value, call) {
      if (isSibling(id)) return inner.add(id, value, call)
      held = () => inner.add(id, value, call)
      const newest = (await inner.version(id, 'latest', call))!
      return { ...newest, number: newest.number + 1 }
    },
    async update(id, seen, change, call) {
      const updated = await inner.update(id, seen, change, call)
      await held?.()
      held = undefined
      return updated
    },
  }
})

const addedAgain = onWire(inner => ({
  add: (id, value, call) =>
    inner.add(id, value, call).catch(error => {
      if (Object(error).code !== 'unknown') throw error
      return inner.add(id, value, call)
    }),
}))

/** What was not there when the run began is not looked for again. */
const noSecondLook = onWire(inner => {
  const absent = new Set<string>()
  return {
    async access(id, number, call) {
      if (absent.has(`${id}/${number}`)) return undefined
      const found = await inner.access(id, number, call)
      if (!found) absent.add(`${id}/${number}`)
      return found
    },
  }
})

const both: readonly Planted<Adapter>[] = [
  {
    name: 'the value from memory instead of the winner’s',
    subject: valueFromMemory,
    where: /single.*sleeps/,
  },
  { name: 'a second add on an unknown outcome', subject: addedAgain, where: /single.*: two rotations$/ },
]

export const plantedOnGcp: Readonly<Record<Mode, readonly Planted<Adapter>[]>> = {
  alias: [
    { name: 'the alias patched without an etag', subject: withoutEtag, where: /single.*(edit|interleaving)/ },
    ...both,
  ],
  latest: [
    { name: 'publish before set', subject: publishBeforeSet, where: /alternating.*: two rotations$/ },
    { name: 'the record patched without an etag', subject: withoutEtag, where: /single.*every interleaving/ },
    { name: 'a promotion recognised by listing', subject: byListing, where: /single.*people edit/ },
    {
      name: 'the latest of the sibling instead of the pinned one',
      subject: latestOfSibling,
      where: /single.*sleeps/,
    },
    { name: 'record before publish', subject: recordBeforePublish, where: /single.*: two rotations$/ },
    { name: 'no look before the publication', subject: noSecondLook, where: /alternating.*people edit/ },
    ...both,
  ],
}
