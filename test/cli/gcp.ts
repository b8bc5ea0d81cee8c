/**
 * What the tests of the command line on Google Cloud share: our fake of Secret Manager, and projects whose store it is.
 */
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type FakeSecretManager, startSecretManager } from '../fakes/gcp/secret-manager.ts'
import type { Prepared } from './database.ts'
import type { Project } from './support.ts'

/** As the fake calls a caller without a token. */
export const CALLER = 'test'
/** Nobody looks for a metadata server. */
export const surroundings = { METADATA_SERVER_DETECTION: 'none' }

export const modes = { latest: 'latest', alias: { alias: 'current', previous: 'previous' } } as const
export type ModeName = keyof typeof modes

/** Within a test file: the fake. */
export function secretManager(): () => FakeSecretManager {
  let fake: FakeSecretManager
  beforeAll(async () => {
    fake = await startSecretManager()
  })
  beforeEach(() => {
    for (const [name, value] of Object.entries(surroundings)) vi.stubEnv(name, value)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    fake.permissions.reset()
    fake.calls.reset()
  })
  afterAll(() => fake.close())
  return () => fake
}

/** The store and a file for events. */
export const onGcp = (fake: FakeSecretManager, mode: ModeName, more: object = {}) => ({
  stores: {
    cloud: { kind: 'gcp', project: fake.projectId, endpoint: `${fake.host}:${fake.port}`, readBy: modes[mode] },
  },
  audit: [{ kind: 'file', file: 'audit.jsonl' }],
  ...more,
})

const NAMES = ['pg-admin', 'orders-db', 'solo-db'] as const
type Ids = Readonly<Record<(typeof NAMES)[number], string>>

/** Configured, with names of its own there, and with all three values put by the command line. */
export async function furnishedOnGcp(
  project: Project,
  prepared: Prepared,
  fake: FakeSecretManager,
  mode: ModeName,
): Promise<Project & { readonly ids: Ids }> {
  const ids = Object.fromEntries(NAMES.map(name => [name, `${prepared.owner}-${name}`])) as unknown as Ids
  const { 'orders-db': orders, 'solo-db': solo } = prepared.config.secrets
  const admin = { admin: { id: ids['pg-admin'] } }
  const secrets = {
    'orders-db': { ...orders, id: ids['orders-db'], target: { ...(orders!.target as object), ...admin } },
    'solo-db': { ...solo, id: ids['solo-db'] },
  }
  project.configure(onGcp(fake, mode, { secrets }))
  const values = { 'pg-admin': prepared.adminValue, 'orders-db': prepared.value, 'solo-db': prepared.soloValue }
  for (const name of NAMES)
    await project.ok(['secret', 'put', name === 'pg-admin' ? ids[name] : name], { input: values[name] })
  return Object.assign(project, { ids })
}

/** What consumers of a mode read. */
export function readAs(fake: FakeSecretManager, mode: ModeName, id: string): string | undefined {
  const { versions, aliases } = fake.service.peek(id)
  const number = mode === 'latest' ? Math.max(...versions.keys()) : aliases.current!
  return versions.get(number)?.value
}
