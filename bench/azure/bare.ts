/**
 * The floor on Azure: the calls and logins of our rotation in their order, by the same clients, and nothing else. No check, no
 * error handling, no event; it shares no line with the adapter.
 * @module
 */
import { SecretClient } from '@azure/keyvault-secrets'
import { BlobServiceClient } from '@azure/storage-blob'
import { Tokens } from '../../test/fakes/azure/common/tokens.ts'
import { type Bare, type Login, nextOf, setAndTest } from '../cloud/bare-logins.ts'

const RECORD = JSON.stringify({ bench: 'x'.repeat(600) })

export function bare({ endpoint, journal }: { endpoint: string; journal: { url: string; container: string } }): Bare {
  const credential = new Tokens().credential('lockstep')
  const secrets = new SecretClient(endpoint, credential, { disableChallengeResourceVerification: true })
  const container = new BlobServiceClient(journal.url, credential).getContainerClient(journal.container)
  const get = async (id: string): Promise<Login> => JSON.parse((await secrets.getSecret(id)).value!)
  const set = (id: string, login: Login) =>
    secrets.setSecret(id, JSON.stringify(login), { tags: { bench: 'a', rotation: 'b'.repeat(30) } })
  const read = async (id: string): Promise<string | undefined> => {
    try {
      const { etag, readableStreamBody } = await container.getBlobClient(`bare/${id}.json`).download()
      for await (const _ of readableStreamBody!);
      return etag
    } catch {
      return undefined
    }
  }
  const write = async (id: string, over: string | undefined): Promise<string> => {
    const conditions = over === undefined ? { ifNoneMatch: '*' } : { ifMatch: over }
    const { etag } = await container.getBlockBlobClient(`bare/${id}.json`).upload(RECORD, RECORD.length, { conditions })
    return etag!
  }
  const admin = async (): Promise<Login> => {
    await read('pg-admin')
    return get('pg-admin')
  }
  return async (id, alternating) => {
    const seen = await read(id)
    const current = await get(id)
    const next = nextOf(current, alternating)
    await set(`${id}-lockstep-pending`, next)
    const pinned = await write(id, seen)
    await read(id)
    await get(id)
    await setAndTest(current, next, alternating ? admin : undefined)
    await get(id)
    await set(id, next)
    await write(id, pinned)
  }
}
