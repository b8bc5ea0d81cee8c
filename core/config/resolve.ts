/**
 * From what the file says to what it means: defaults applied, paths made absolute, names looked up.
 * @module
 */
import { dirname, resolve as resolvePath } from 'node:path'
import { keySource, type Report, type Scope } from './resolve-parts.ts'
import { resolveSecret } from './resolve-secret.ts'
import type { RootInput } from './schema/root.ts'
import type { Config, StoreConfig } from './types.ts'

function storeConfig(store: NonNullable<RootInput['stores']>[string], scope: Scope): StoreConfig {
  if (store.kind === 'local')
    return { kind: 'local', file: scope.absolute(store.file), key: keySource(store.key, scope) }
  const { region, endpoint, role } = store
  const { arn, externalId } = role ?? {}
  return {
    kind: 'aws',
    region,
    endpoint,
    role: arn === undefined ? undefined : { arn, ...(externalId !== undefined && { externalId }) },
  }
}

const mapped = <In, Out>(entries: Readonly<Record<string, In>> | undefined, make: (name: string, entry: In) => Out) =>
  new Map(Object.entries(entries ?? {}).map(([name, entry]) => [name, make(name, entry)]))

export function resolveConfig(
  input: RootInput,
  { fileName, environment, report }: { fileName: string; environment: string | undefined; report: Report },
): Config {
  const folder = dirname(fileName)
  const scope: Scope = { input, report, absolute: path => resolvePath(folder, path) }
  return {
    fileName,
    deployment: input.deployment ?? 'default',
    environment,
    environments: Object.keys(input.environments ?? {}),
    stores: mapped(input.stores, (_, store) => storeConfig(store, scope)),
    fingerprintKey: input.fingerprintKey && keySource(input.fingerprintKey, scope),
    audit: (input.audit ?? []).map(sink =>
      sink.kind === 'file' ? { ...sink, file: scope.absolute(sink.file) } : sink,
    ),
    secrets: mapped(input.secrets, (name, secret) => resolveSecret(name, secret, scope)),
  }
}
