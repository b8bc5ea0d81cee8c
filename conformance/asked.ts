/**
 * Sites that somebody names: any server that speaks a cloud's protocol, or a real project. Whatever a case makes bears a name of
 * this run, and is deleted when the case ends.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../core/ports/clock.ts'
import type { StoreFixture } from '../core/testing/store-conformance.ts'
import { nothingToClose, type Opened, type Site } from './site.ts'
import { type Writable, withPut } from './sites-here.ts'

/** What was said on the command line. */
export interface Asked {
  readonly store: 'aws' | 'gcp' | 'azure'
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly project?: string | undefined
  readonly location?: string | undefined
  readonly vault?: string | undefined
  readonly journal?: string | undefined
}

/** What differs by cloud. */
interface Cloud {
  open(): Promise<Writable & { close?(): unknown }>
  /** Absent: nothing. */
  remove(id: string): Promise<unknown>
}

const without = ['advance', 'setBack', 'records', 'denied'] as const

/** On this machine: nobody's real secrets. */
export function isHere({ endpoint, vault, store }: Asked): boolean {
  const address = store === 'azure' ? (endpoint ?? vault) : endpoint
  const host = address === undefined ? '' : /^(?:https?:\/\/)?(\[[^\]]*\]|[^:/]*)/.exec(address)![1]!
  return host === 'localhost' || host === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(host)
}

export function askedSites(asked: Asked): readonly Site[] {
  const base = { server: placeOf(asked), label: isHere(asked) ? 'emulator' : 'real', without } as const
  if (asked.store === 'aws') return [{ ...base, store: 'aws', open: () => opened(awsAt(asked)) }]
  if (asked.store === 'azure') return [{ ...base, store: 'azure', open: () => opened(azureAt(asked)) }]
  return (['latest', 'alias'] as const).map(mode => ({
    ...base,
    store: 'gcp' as const,
    mode,
    open: () => opened(gcpAt(asked, mode)),
  }))
}

const placeOf = ({ store, endpoint, region, project, location, vault }: Asked): string =>
  [endpoint ?? vault, region, project, location].filter(Boolean).join(' ') || store

async function opened(at: Promise<Cloud>): Promise<Opened> {
  const cloud = await at
  const run = randomBytes(3).toString('hex')
  let count = 0
  return { make: () => fixture(cloud, `lockstep-conformance-${run}-${++count}-`), close: nothingToClose }
}

async function fixture({ open, remove }: Cloud, prefix: string): Promise<StoreFixture> {
  const made = new Set<string>()
  const stores: (Writable & { close?(): unknown })[] = []
  const another = async () => {
    const store = await open()
    stores.push(store)
    return store
  }
  const store = await another()
  const { seed, edit } = withPut(store, Date.now)
  return {
    store,
    prefix,
    now: Date.now,
    second: another,
    edit,
    seed: (id, value) => {
      made.add(id)
      return seed(id, value)
    },
    async close() {
      for (const id of made) await remove(id)
      for (const each of stores) await each.close?.()
    },
  }
}

async function awsAt({ region, endpoint }: Asked): Promise<Cloud> {
  const { createClient } = await import('../aws/client.ts')
  const { openAwsStore } = await import('../aws/index.ts')
  const { DeleteSecretCommand } = await import('@aws-sdk/client-secrets-manager')
  const client = await createClient({ region, endpoint })
  return {
    open: async () => openAwsStore({ client: await createClient({ region, endpoint }), clock: systemClock }),
    remove: id => client.send(new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true })),
  }
}

async function gcpAt({ project, location, endpoint }: Asked, mode: 'latest' | 'alias'): Promise<Cloud> {
  const { createClient } = await import('../gcp/client.ts')
  const { openGcpStore } = await import('../gcp/index.ts')
  if (project === undefined) throw new Error('--store gcp needs --project')
  const parent = { project, location, endpoint }
  const readBy = mode === 'latest' ? mode : { alias: 'current', previous: 'previous' }
  const client = await createClient(parent)
  const path = `projects/${project}${location === undefined ? '' : `/locations/${location}`}/secrets`
  const absent = (error: unknown) => {
    if (Object(error).code !== 5) throw error
  }
  return {
    open: () => openGcpStore({ ...parent, readBy, clock: systemClock }),
    async remove(id) {
      for (const name of [id, `${id}-lockstep-pending`])
        await client.deleteSecret({ name: `${path}/${name}` }).catch(absent)
    },
  }
}

async function azureAt({ vault, endpoint, journal = '' }: Asked): Promise<Cloud> {
  const { createClients } = await import('../azure/client.ts')
  const { openAzureStore } = await import('../azure/index.ts')
  const [, url, container] = /^(https:\/\/.+)\/([a-z0-9-]{3,63})$/.exec(journal) ?? []
  if (vault === undefined || url === undefined || container === undefined)
    throw new Error('--store azure needs --vault https://NAME.vault.azure.net and --journal https://ACCOUNT…/CONTAINER')
  const prefix = 'lockstep-conformance/'
  const place = { vault, endpoint, journal: { url, container, prefix } }
  const { secrets, container: blobs } = await createClients(place)
  const unless = (...statuses: number[]) => {
    return (error: unknown) => {
      if (!statuses.includes(Object(error).statusCode)) throw error
    }
  }
  return {
    open: () => openAzureStore({ ...place, clock: systemClock }),
    async remove(id) {
      for (const name of [id, `${id}-lockstep-pending`])
        await secrets
          .beginDeleteSecret(name, { intervalInMs: 500 })
          .then(async poller => {
            await poller.pollUntilDone()
            // Where purging is not allowed, the vault forgets it after its retention.
            await secrets.purgeDeletedSecret(name).catch(unless(403))
          })
          .catch(unless(404))
      for await (const { name } of blobs.listBlobsFlat({ prefix })) if (name.includes(id)) await blobs.deleteBlob(name)
    },
  }
}
