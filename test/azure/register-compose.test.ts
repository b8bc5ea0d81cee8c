/** The register in Blob Storage as commands open it: from `epochs: { blob }`, over HTTPS, with the sign-in of the process [fake]. */
import { expect, it, vi } from 'vitest'
import { Workspace } from '../../cli/compose.ts'
import { firstRecord } from '../../core/replication/record.ts'
import { CALLER, CONTAINER, fakeAzure } from '../cli/azure.ts'
import { alternating, file, load } from '../core/config/support.ts'

const azure = fakeAzure()
const store = (name: string) => ({ kind: 'local', file: `/nowhere/${name}.db`, key: { env: 'KEY' } })
const call = () => ({ signal: new AbortController().signal, deadline: Date.now() + 60_000, run: {} })

async function register(env: NodeJS.ProcessEnv = process.env) {
  const blob = { url: azure().blobs.endpoint, container: CONTAINER, prefix: 'leaders/' }
  const orders = alternating({ store: 'eu', followers: [{ store: 'us' }] })
  const config = load(file({ stores: { eu: store('eu'), us: store('us') }, epochs: { blob }, secrets: { orders } }))
  const workspace = new Workspace(config, undefined, { env, streams: process })
  return (await workspace.members('orders'))!.register
}

it('is asked for the first time when something is read; holds one blob for each secret', async () => {
  const { blobs } = azure()
  const opened = await register()
  expect(blobs.calls.list).toHaveLength(0)
  expect(await opened.read('orders', call())).toBeUndefined()
  const [first, next] = [firstRecord('eu'), { ...firstRecord('eu'), sequence: 1 }]
  expect(await opened.create('orders', first, call())).toEqual(first)
  const other = await register()
  expect(await other.swap('orders', first, next, call())).toEqual(next)
  expect(await opened.swap('orders', first, { ...next, leader: 'us' }, call())).toEqual(next)
  expect(blobs.service.names(CONTAINER)).toEqual([
    expect.stringMatching(/^leaders\/lockstep-leader-orders-.{8}\.json$/),
  ])
})

it('denied: it names the permission and the register, and does not go on as if nobody led', async () => {
  azure().blobs.permissions.denyAction(CALLER, '*')
  const refused = { code: 'access-denied', at: 'epochs', message: expect.stringContaining('blobs/read') }
  await expect((await register()).read('orders', call())).rejects.toMatchObject(refused)
})

it('from another cloud, a stored key does not sign in to it', async () => {
  const elsewhere = { AWS_LAMBDA_FUNCTION_NAME: 'sweep' }
  const key = {
    AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential',
    ...{ AZURE_CLIENT_ID: 'c', AZURE_TENANT_ID: 't', AZURE_CLIENT_SECRET: 'never-sent' },
  }
  for (const [name, value] of Object.entries(key)) vi.stubEnv(name, value)
  const opened = await register({ ...process.env, ...elsewhere, ...key })
  const refused = { code: 'refused', message: expect.stringMatching(/stored key/) }
  await expect(opened.read('orders', call())).rejects.toMatchObject(refused)
  expect(azure().blobs.calls.list).toHaveLength(0)
})
