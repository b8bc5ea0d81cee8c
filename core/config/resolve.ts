/**
 * From what the file says to what it means: defaults applied, paths made absolute, names looked up.
 * @module
 */
import { dirname, resolve as resolvePath } from 'node:path'
import { resolveEpochs } from './resolve-followers.ts'
import { keySource, type Report, type Scope } from './resolve-parts.ts'
import { resolveSecret } from './resolve-secret.ts'
import { resolveStoreConfig } from './resolve-store.ts'
import type { RootInput } from './schema/root.ts'
import type { Config } from './types.ts'

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
    stores: mapped(input.stores, (_, store) => resolveStoreConfig(store, scope)),
    fingerprintKey: input.fingerprintKey && keySource(input.fingerprintKey, scope),
    audit: (input.audit ?? []).map(sink =>
      sink.kind === 'file' ? { ...sink, file: scope.absolute(sink.file) } : sink,
    ),
    epochs: input.epochs && resolveEpochs(input.epochs),
    secrets: mapped(input.secrets, (name, secret) => resolveSecret(name, secret, scope)),
  }
}
