/**
 * A secret in three "regions", each a local store of its own, with the register in a fourth; and the ways to lose one.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { createKeyFile } from '../../local/index.ts'
import type { Prepared } from './database.ts'
import type { Project } from './support.ts'

export const MEMBERS = ['eu', 'us', 'ap'] as const
export type MemberName = (typeof MEMBERS)[number]

const store = (name: string) => ({
  kind: 'local',
  file: `.lockstep/${name}.db`,
  key: { file: `.lockstep/${name}.key` },
})

/** `more`: keys of the secret, on top of an `alternating-users` one that `eu` leads and `us` and `ap` follow. */
export function regionsConfig({ config }: Pick<Prepared, 'config'>, more: object = {}): object {
  const { 'orders-db': orders } = config.secrets
  const target = { ...(orders!.target as object), admin: { store: 'epochs', id: 'pg-admin' } }
  const followers = [{ store: 'us' }, { store: 'ap', required: false }]
  return {
    version: 1,
    stores: Object.fromEntries([...MEMBERS, 'epochs'].map(name => [name, store(name)])),
    fingerprintKey: { file: '.lockstep/fingerprint.key' },
    epochs: { store: 'epochs' },
    secrets: {
      'orders-db': { ...orders, store: 'eu', target, runLife: '1m', grace: '10m', followers, ...more },
    },
  }
}

/** Configured, with the values that a person brings; nothing is replicated yet. */
export async function furnishedRegions(project: Project, prepared: Prepared, more: object = {}): Promise<Project> {
  project.write('lockstep.yml', JSON.stringify(regionsConfig(prepared, more), null, 2))
  makeKeys(project)
  await project.ok(['secret', 'put', 'pg-admin', '--store', 'epochs'], { input: prepared.adminValue })
  await project.ok(['secret', 'put', 'orders-db'], { input: prepared.value })
  return project
}

export function makeKeys(project: Project): void {
  project.write('.lockstep/about', 'keys and stores of this test')
  for (const name of [...MEMBERS, 'epochs', 'fingerprint']) createKeyFile(project.at(`.lockstep/${name}.key`))
}

/** Its file is gone, until `found`. */
export const lose = (project: Project, name: string): void =>
  renameSync(project.at(`.lockstep/${name}.db`), project.at(`.lockstep/${name}.lost`))
export const find = (project: Project, name: string): void =>
  renameSync(project.at(`.lockstep/${name}.lost`), project.at(`.lockstep/${name}.db`))

/** The store is there and cannot be read: it has another key. Answers what puts the right one back. */
export function lockOut(project: Project, name: string): () => void {
  const file = project.at(`.lockstep/${name}.key`)
  const key = project.read(`.lockstep/${name}.key`)
  writeFileSync(file, project.read('.lockstep/fingerprint.key'), { mode: 0o600 })
  return () => writeFileSync(file, key, { mode: 0o600 })
}

/** So much later. */
export const later = (ms: number) => ({ now: () => Date.now() + ms, sleep: async () => {} })
