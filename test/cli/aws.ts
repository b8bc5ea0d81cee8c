/**
 * What the tests of the command line on AWS share: our fake of Secrets Manager, and projects whose store it is.
 */
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type FakeSecretsManager, startSecretsManager } from '../fakes/aws/secrets-manager.ts'
import type { Prepared } from './database.ts'
import type { Project } from './support.ts'

export const REGION = 'eu-central-1'
/** As the fake calls the caller. */
export const KEY = 'test'

/** Within a test file: the fake, and credentials for it where the SDK looks for them. */
export function secretsManager(): () => FakeSecretsManager {
  let fake: FakeSecretsManager
  beforeAll(async () => {
    fake = await startSecretsManager({ region: REGION })
  })
  beforeEach(() => {
    for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    fake.permissions.reset()
    fake.calls.reset()
  })
  afterAll(() => fake.close())
  return () => fake
}

export const credentials = { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: 'test' }

/** The store and a file for events. */
export const onAws = ({ endpoint }: { readonly endpoint: string }, more: object = {}) => ({
  stores: { cloud: { kind: 'aws', region: REGION, endpoint } },
  audit: [{ kind: 'file', file: 'audit.jsonl' }],
  ...more,
})

/** Configured on AWS, with names of its own there, and with all three values put by the command line. */
export async function furnishedOnAws(
  project: Project,
  prepared: Prepared,
  fake: FakeSecretsManager,
  more: object = {},
): Promise<Project & { readonly ids: Readonly<Record<'orders-db' | 'solo-db' | 'pg-admin', string>> }> {
  const id = (name: string) => `${prepared.owner}/${name}`
  const ids = { 'orders-db': id('orders-db'), 'solo-db': id('solo-db'), 'pg-admin': id('pg-admin') }
  const { 'orders-db': orders, 'solo-db': solo } = prepared.config.secrets
  const admin = { admin: { id: ids['pg-admin'] } }
  const secrets = {
    'orders-db': { ...orders, id: ids['orders-db'], target: { ...(orders!.target as object), ...admin } },
    'solo-db': { ...solo, id: ids['solo-db'] },
  }
  project.configure(onAws(fake, { secrets, ...more }))
  for (const [name, value] of [
    [ids['pg-admin'], prepared.adminValue],
    ['orders-db', prepared.value],
    ['solo-db', prepared.soloValue],
  ] as const)
    await project.ok(['secret', 'put', name], { input: value })
  return Object.assign(project, { ids })
}
