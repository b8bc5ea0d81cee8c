/**
 * The account that a run is made in, through the cloud's own SDK and past our store: what a consumer would read, and what is there to
 * be taken away again.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Asked } from '../conformance/asked.ts'

export type Label = 'current' | 'previous'

export interface Account {
  /** A digest of what consumers read under a label; undefined where nothing is to be read. */
  read(id: string, label: Label): Promise<string | undefined>
  readonly labels: readonly Label[]
  /** Names that begin so. */
  list(prefix: string): Promise<readonly string[]>
  remove(id: string): Promise<void>
  /** As `stores:` of lockstep.yml names it. */
  readonly store: object
}

export const openAccount = (asked: Asked): Promise<Account> =>
  ({ aws: awsAccount, gcp: gcpAccount, azure: azureAccount })[asked.store](asked)

const digest = (value: string): string => createHash('sha256').update(value).digest('hex')

const unless =
  <T>(known: (error: object) => boolean, instead: T) =>
  (error: unknown): T => {
    if (known(Object(error))) return instead
    throw error
  }

async function awsAccount({ region, endpoint }: Asked): Promise<Account> {
  const { createClient } = await import('../aws/client.ts')
  const sdk = await import('@aws-sdk/client-secrets-manager')
  const client = await createClient({ region, endpoint })
  const absent = (error: object) => Object(error).name === 'ResourceNotFoundException'
  return {
    labels: ['current', 'previous'],
    store: { kind: 'aws', ...(region && { region }), ...(endpoint && { endpoint }) },
    async read(SecretId, label) {
      const VersionStage = label === 'current' ? 'AWSCURRENT' : 'AWSPREVIOUS'
      const found = client.send(new sdk.GetSecretValueCommand({ SecretId, VersionStage }))
      return found.then(({ SecretString = '' }) => digest(SecretString)).catch(unless(absent, undefined))
    },
    async list(prefix) {
      const Filters = [{ Key: 'name' as const, Values: [prefix] }]
      const names: string[] = []
      for await (const { SecretList = [] } of sdk.paginateListSecrets({ client }, { Filters }))
        names.push(...SecretList.map(({ Name = '' }) => Name).filter(name => name.startsWith(prefix)))
      return names
    },
    async remove(SecretId) {
      const command = new sdk.DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true })
      await client.send(command).then(() => undefined, unless(absent, undefined))
    },
  }
}

async function gcpAccount({ project, location, endpoint }: Asked): Promise<Account> {
  if (project === undefined) throw new Error('--cloud gcp needs --project.')
  const { createClient } = await import('../gcp/client.ts')
  const client = await createClient({ project, location, endpoint })
  const parent = `projects/${project}${location === undefined ? '' : `/locations/${location}`}`
  const NOT_FOUND = 5
  const absent = (error: object) => Object(error).code === NOT_FOUND
  return {
    labels: ['current', 'previous'],
    store: {
      ...{ kind: 'gcp', project, readBy: { alias: 'current', previous: 'previous' } },
      ...(location && { location }),
      ...(endpoint && { endpoint }),
    },
    read: (id, label) =>
      client
        .accessSecretVersion({ name: `${parent}/secrets/${id}/versions/${label}` })
        .then(([{ payload }]) => digest(Buffer.from(payload?.data ?? '').toString()))
        // 9: a version that was disabled
        .catch(unless(error => absent(error) || Object(error).code === 9, undefined)),
    async list(prefix) {
      const [secrets] = await client.listSecrets({ parent, filter: `name:${prefix}` })
      return secrets.map(({ name }) => name!.split('/').at(-1)!).filter(name => name.startsWith(prefix))
    },
    async remove(id) {
      await client.deleteSecret({ name: `${parent}/secrets/${id}` }).then(() => undefined, unless(absent, undefined))
    },
  }
}

const JOURNAL_PREFIX = 'lockstep-e2e/'

async function azureAccount({ vault, endpoint, journal = '' }: Asked): Promise<Account> {
  const [, url, container] = /^(https:\/\/.+)\/([a-z0-9-]{3,63})$/.exec(journal) ?? []
  if (vault === undefined || url === undefined || container === undefined)
    throw new Error(
      '--cloud azure needs --vault https://NAME.vault.azure.net and --journal https://ACCOUNT…/CONTAINER.',
    )
  const { createClients } = await import('../azure/client.ts')
  const place = { vault, endpoint, journal: { url, container, prefix: JOURNAL_PREFIX } }
  const { secrets, container: blobs } = await createClients(place)
  const status =
    (...known: number[]) =>
    (error: object) =>
      known.includes(Object(error).statusCode)
  return {
    // of Key Vault: the latest version
    labels: ['current'],
    store: { kind: 'azure', vault, journal: place.journal, ...(endpoint && { endpoint }) },
    read: id => secrets.getSecret(id).then(({ value = '' }) => digest(value), unless(status(404), undefined)),
    async list(prefix) {
      const names = new Set<string>()
      for await (const { name } of secrets.listPropertiesOfSecrets()) if (name.startsWith(prefix)) names.add(name)
      for await (const { name } of blobs.listBlobsFlat({ prefix: JOURNAL_PREFIX })) {
        const found = name.split('/').find(part => part.startsWith(prefix))
        if (found !== undefined) names.add(found.replace(/\.\w+$/, ''))
      }
      return [...names]
    },
    async remove(id) {
      await secrets
        .beginDeleteSecret(id, { intervalInMs: 500 })
        .then(async poller => {
          await poller.pollUntilDone()
          // where purging is not allowed, the vault forgets it after its retention
          await secrets.purgeDeletedSecret(id).catch(unless(status(403), undefined))
        })
        .catch(unless(status(404), undefined))
      for await (const { name } of blobs.listBlobsFlat({ prefix: JOURNAL_PREFIX }))
        if (name.includes(id)) await blobs.deleteBlob(name).catch(unless(status(404), undefined))
    },
  }
}
