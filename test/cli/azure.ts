/**
 * What the tests of the command line on Azure share: our fakes of Key Vault and Blob Storage over HTTPS, and a sign-in as App
 * Service gives it to the processes of an app.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type FakeBlobStorage, startBlobStorage } from '../fakes/azure/blob-storage.ts'
import { type FakeKeyVault, startKeyVault } from '../fakes/azure/key-vault.ts'
import type { Prepared } from './database.ts'
import type { Project } from './support.ts'

export const CONTAINER = 'lockstep'
/** As the fakes call the caller. */
export const CALLER = 'test'

export interface FakeAzure {
  readonly vault: FakeKeyVault
  readonly blobs: FakeBlobStorage
  /** What a process needs to sign in, and to trust the fakes. */
  readonly env: Readonly<Record<string, string>>
}

/** Within a test file: the fakes, trusted by this process. */
export function fakeAzure(): () => FakeAzure {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-azure-'))
  const trusted = getCACertificates('default')
  let fake: FakeAzure
  let signIn: Server
  beforeAll(async () => {
    const vault = await startKeyVault()
    const blobs = await startBlobStorage({ containers: [CONTAINER], tokens: vault.tokens })
    signIn = await startSignIn(vault)
    const authorities = join(folder, 'ca.pem')
    writeFileSync(authorities, `${vault.ca}\n${blobs.ca}`)
    setDefaultCACertificates([...trusted, vault.ca, blobs.ca])
    const { port } = signIn.address() as AddressInfo
    const env = {
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
      IDENTITY_HEADER: 'header-of-the-app',
      NODE_EXTRA_CA_CERTS: authorities,
    }
    fake = { vault, blobs, env }
  })
  beforeEach(() => {
    for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    for (const each of [fake.vault, fake.blobs]) {
      each.permissions.reset()
      each.calls.reset()
    }
  })
  afterAll(async () => {
    setDefaultCACertificates(trusted)
    rmSync(folder, { recursive: true, force: true })
    signIn.closeAllConnections()
    signIn.close()
    await fake.vault.close()
    await fake.blobs.close()
  })
  return () => fake
}

/** https://learn.microsoft.com/azure/app-service/overview-managed-identity#connect-to-azure-services-in-app-code */
async function startSignIn({ tokens }: FakeKeyVault): Promise<Server> {
  const server = createServer((request, response) => {
    const resource = new URL(request.url!, 'http://here').searchParams.get('resource') ?? ''
    const token = tokens.make(CALLER, resource.replace(/\/$/, ''))
    const lasts = Math.floor(Date.now() / 1000) + 86_400
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: token, expires_on: String(lasts), resource, token_type: 'Bearer' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The store and a file for events. */
export const onAzure = ({ vault, blobs }: FakeAzure, more: object = {}) => ({
  stores: {
    cloud: {
      kind: 'azure',
      vault: vault.vaultUrl,
      endpoint: vault.endpoint,
      journal: { url: blobs.endpoint, container: CONTAINER },
    },
  },
  audit: [{ kind: 'file', file: 'audit.jsonl' }],
  ...more,
})

const NAMES = ['pg-admin', 'orders-db', 'solo-db'] as const
type Ids = Readonly<Record<(typeof NAMES)[number], string>>

/** Configured, with names of its own there, and with all three values put by the command line. */
export async function furnishedOnAzure(
  project: Project,
  prepared: Prepared,
  fake: FakeAzure,
): Promise<Project & { readonly ids: Ids }> {
  const ids = Object.fromEntries(NAMES.map(name => [name, `${prepared.owner.replaceAll('_', '-')}-${name}`]))
  const { 'orders-db': orders, 'solo-db': solo } = prepared.config.secrets
  const admin = { admin: { id: ids['pg-admin'] } }
  const secrets = {
    'orders-db': { ...orders, id: ids['orders-db'], target: { ...(orders!.target as object), ...admin } },
    'solo-db': { ...solo, id: ids['solo-db'] },
  }
  project.configure(onAzure(fake, { secrets }))
  const values = { 'pg-admin': prepared.adminValue, 'orders-db': prepared.value, 'solo-db': prepared.soloValue }
  for (const name of NAMES)
    await project.ok(['secret', 'put', name === 'pg-admin' ? ids[name]! : name], { input: values[name] })
  return Object.assign(project, { ids: ids as unknown as Ids })
}

/** What consumers read. */
export function readLatest({ vault }: FakeAzure, id: string): string | undefined {
  const { versions, latest } = vault.service.peek(id)
  return versions.get(latest)?.value
}
