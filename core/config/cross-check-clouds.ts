/**
 * What holds for every cloud: events need a place, one secret has one owner, and consumers read what is published.
 * @module
 */
import { formatDuration } from '../policy/duration.ts'
import { parseTemplate } from '../secret/shape-template.ts'
import { awsName } from './cross-check-aws.ts'
import type { DataPath } from './problem.ts'
import type { Report } from './resolve-parts.ts'
import { adminOf, type Config, type SecretConfig, type StoreConfig } from './types.ts'

/** https://learn.microsoft.com/azure/app-service/app-service-key-vault-references#understand-rotation */
export const REFERENCE_REFRESH = 24 * 3_600_000

/** Clouds keep versions, not who replaced them and why: a rotation without any record is not an option. */
export function checkRecorded({ stores, audit }: Config, report: Report): void {
  const [first] = [...stores].filter(([, { kind }]) => kind !== 'local')
  if (first && audit.length === 0)
    report(
      ['stores', first[0]],
      'keeps no audit trail itself; say where events go, for example `audit: [{ kind: file, file: lockstep-audit.jsonl }]`',
    )
}

/** The same text for the same secret, whatever store of the file it is reached through, and however it is spelt. */
export function secretPlace({ stores }: Config, name: string, id: string): string {
  const store = stores.get(name)
  switch (store?.kind) {
    case 'aws':
      return `${name}\n${awsName(id)}`
    case 'gcp':
      return `gcp\n${store.endpoint ?? ''}\n${store.project}\n${store.location ?? ''}\n${id}`
    case 'azure':
      return `azure\n${store.vault}\n${id.toLowerCase()}`
    default:
      return `${name}\n${id}`
  }
}

export function checkConsumersRead({ stores, secrets }: Config, report: Report): void {
  for (const secret of secrets.values()) {
    const store = stores.get(secret.store)
    if (!store) continue
    const path = ['secrets', secret.name]
    for (const [index, { reads, refresh }] of secret.consumers.entries()) {
      const says = reads === undefined ? undefined : readProblem(reads, refresh, store)
      if (says) report([...path, 'consumers', index, ...says.key], says.text)
    }
    const short = tooShort(secret)
    if (short !== undefined) report([...path, 'grace'], short)
  }
}

interface Says {
  readonly key: readonly string[]
  readonly text: string
}

function readProblem(reads: string, refresh: number, store: StoreConfig): Says | undefined {
  const wrong = (text: string): Says => ({ key: ['reads'], text })
  if (store.kind === 'gcp') return gcpReadProblem(reads, store.readBy)
  if (store.kind !== 'azure')
    return wrong(`does not go with a store of kind ${store.kind}: there is one way to read it`)
  if (reads !== 'latest' && reads !== 'reference') return wrong('expected latest or reference, on Key Vault')
  if (reads === 'latest' || refresh >= REFERENCE_REFRESH) return undefined
  return { key: ['refresh'], text: 'is less than 24h, after which App Service reads a reference again' }
}

/** A consumer that reads something else than is published never sees a rotation, or sees it before it is tested. */
function gcpReadProblem(reads: string, readBy: 'latest' | { readonly alias: string }): Says | undefined {
  const published = readBy === 'latest' ? 'latest' : readBy.alias
  if (reads === published) return undefined
  const text = /^[0-9]+$/.test(reads)
    ? 'names one version, which no rotation changes: let it read what the store says in readBy'
    : reads === 'latest'
      ? `would see a new version before it is tested: the store publishes by the alias ${published}`
      : `is not what a rotation moves: the store publishes by ${published === 'latest' ? published : `the alias ${published}`}`
  return { key: ['reads'], text }
}

/** With both valid, who asks just after the end of the grace must be given the new one. */
function tooShort({ strategy, grace, propagation }: SecretConfig): string | undefined {
  if (strategy === 'single-user' || grace >= propagation) return undefined
  return `is shorter than the ${formatDuration(propagation)} that consumers may be shown the version before (propagation of the store)`
}

/** The fewest bytes that a value of this secret can have. */
export function fewestBytes({ value, password }: Pick<SecretConfig, 'value' | 'password'>): number {
  if (value.format !== 'template') return password.length
  const { start, placeholders } = parseTemplate(value.template)
  return byteLength([start, ...placeholders.map(({ until }) => until)].join('')) + password.length
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length

/** Every secret that a store holds for a configuration, and the path of its name: rotated ones, copies, and admins of no entry. */
export function* idsIn({ secrets }: Config, store: string): Iterable<Named> {
  for (const secret of secrets.values()) {
    const path = ['secrets', secret.name]
    if (secret.store === store) yield { id: secret.id, path: [...path, 'id'], secret }
    for (const [index, follower] of secret.followers.entries())
      if (follower.store === store) yield { id: follower.id, path: [...path, 'followers', index, 'id'], secret }
    const admin = adminOf(secret.target)
    if (admin?.secret === undefined && admin?.store === store)
      yield { id: admin.id, path: [...path, 'target', 'admin', 'id'] }
  }
}

export interface Named {
  readonly id: string
  readonly path: DataPath
  /** Present if it is rotated, or a copy of one that is. */
  readonly secret?: SecretConfig
}

/** What Lockstep calls the secret beside one, where a new version would be read at once: no secret of anybody's is called so. */
export const SIBLING = '-lockstep-pending'

export function checkIds(config: Config, store: string, problem: (named: Named) => string | undefined, report: Report) {
  for (const named of idsIn(config, store)) {
    const says = problem(named)
    if (says !== undefined) report(named.path, says)
  }
}
