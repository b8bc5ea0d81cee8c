/**
 * The target of one secret: what all engines have in common, and what each adds.
 * @module
 */
import type { DataPath } from './problem.ts'
import { resolveEngine } from './resolve-engine.ts'
import type { Scope } from './resolve-parts.ts'
import type { SecretInput } from './schema/root.ts'
import type { TargetConfig } from './types.ts'

export function resolveTarget({ target }: SecretInput, secretPath: DataPath, scope: Scope): TargetConfig {
  const path = [...secretPath, 'target']
  switch (target.kind) {
    case 'mariadb': {
      const { kind, hosts } = target
      return { kind, ...resolveEngine(target, path, scope), hosts }
    }
    case 'mongodb': {
      const { kind, authSource = 'admin', adminAuthSource = 'admin', plaintext = false } = target
      return { kind, ...resolveEngine(target, path, scope), authSource, adminAuthSource, plaintext }
    }
    case 'mysql': {
      const { kind, hosts, serverPublicKey } = target
      const key = serverPublicKey === undefined ? undefined : scope.absolute(serverPublicKey)
      return { kind, ...resolveEngine(target, path, scope), hosts, serverPublicKey: key }
    }
    case 'oracle':
      return { kind: target.kind, ...resolveEngine(target, path, scope) }
    case 'postgres': {
      const { kind, ownerRole, hash = 'scram-sha-256' } = target
      return { kind, ...resolveEngine(target, path, scope), ownerRole, hash }
    }
    case 'redis': {
      const { kind, replication = false, sentinels = [], masterName, unsaved = false } = target
      const told = sentinels.map(({ host, port = 26379 }) => ({ host, port }))
      return { kind, ...resolveEngine(target, path, scope), replication, sentinels: told, masterName, unsaved }
    }
    case 'sqlserver': {
      const { kind, contained = false } = target
      return { kind, ...resolveEngine(target, path, scope), contained }
    }
    case 'module':
      return { kind: 'module', module: scope.absolute(target.module), options: target.options ?? {} }
  }
}
