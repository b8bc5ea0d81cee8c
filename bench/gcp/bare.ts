/**
 * The floor on Google Cloud: the calls and logins of our rotation in their order, by the same client, and nothing else. No check,
 * no error handling, no event; it shares no line with the adapter.
 * @module
 */
import { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { grpc } from 'google-gax'
import { type Bare, type Login, nextOf, setAndTest } from '../cloud/bare-logins.ts'

const ALIAS = 'current'

export function bare({ endpoint, project, mode }: { endpoint: string; project: string; mode: string }): Bare {
  const [apiEndpoint, port] = endpoint.split(':')
  const sslCreds = grpc.credentials.createInsecure()
  const client = new SecretManagerServiceClient({
    projectId: project,
    apiEndpoint: apiEndpoint!,
    port: Number(port),
    sslCreds,
  })
  const named = (id: string) => `projects/${project}/secrets/${id}`
  const get = async (id: string) => (await client.getSecret({ name: named(id) }))[0]
  const value = async (id: string, version: string | number): Promise<string> => {
    const [{ payload }] = await client.accessSecretVersion({ name: `${named(id)}/versions/${version}` })
    return Buffer.from(payload!.data as Uint8Array).toString()
  }
  const isThere = (id: string, version: string | number) =>
    client.getSecretVersion({ name: `${named(id)}/versions/${version}` }).then(
      () => true,
      () => false,
    )
  const canAccess = (id: string, version: number) =>
    value(id, version).then(
      () => true,
      () => false,
    )
  const add = async (id: string, text: string): Promise<number> => {
    const [{ name }] = await client.addSecretVersion({ parent: named(id), payload: { data: Buffer.from(text) } })
    return Number(name!.split('/').at(-1))
  }
  type Secret = Awaited<ReturnType<typeof get>>
  const update = async ({ name, etag, annotations, versionAliases }: Secret, number?: number): Promise<Secret> => {
    const [updated] = await client.updateSecret({
      secret: {
        ...{ name: name!, etag: etag!, annotations: { ...annotations, bench: 'x'.repeat(300) } },
        ...(number !== undefined && { versionAliases: { ...versionAliases, [ALIAS]: number } }),
      },
      updateMask: { paths: number === undefined ? ['annotations'] : ['annotations', 'version_aliases'] },
    })
    return updated
  }
  const numbers = new Map<string, number>()

  const byAlias: Bare = async (id, alternating) => {
    const secret = await get(id)
    const current: Login = JSON.parse(await value(id, String(secret.versionAliases![ALIAS])))
    const next = nextOf(current, alternating)
    const number = await add(id, JSON.stringify(next))
    await update(secret)
    const pinned = await get(id)
    await setAndTest(current, next, alternating ? () => adminByAlias() : undefined)
    await update(pinned, number)
  }
  const adminByAlias = async (): Promise<Login> => {
    const { versionAliases } = await get('pg-admin')
    await isThere('pg-admin', String(versionAliases![ALIAS]))
    return JSON.parse(await value('pg-admin', String(versionAliases![ALIAS])))
  }
  return mode === 'alias' ? byAlias : latest

  async function latest(id: string, alternating: boolean): Promise<void> {
    const secret = await get(id)
    const number = numbers.get(id) ?? 1
    await canAccess(id, number + 1)
    const current: Login = JSON.parse(await value(id, number))
    const next = nextOf(current, alternating)
    await add(`${id}-lockstep-pending`, JSON.stringify(next))
    await update(secret)
    await get(id)
    await canAccess(id, number + 1)
    await setAndTest(current, next, alternating ? adminByLatest : undefined)
    const before = await get(id)
    await canAccess(id, number + 1)
    numbers.set(id, await add(id, JSON.stringify(next)))
    await update(before)
  }
  async function adminByLatest(): Promise<Login> {
    await get('pg-admin')
    await isThere('pg-admin', 'latest')
    await canAccess('pg-admin', 2)
    await isThere('pg-admin', 1)
    await get('pg-admin')
    return JSON.parse(await value('pg-admin', 1))
  }
}
