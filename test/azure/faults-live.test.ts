/**
 * Faults between Lockstep, Key Vault with its journal (our fakes, by the official clients over HTTPS) and a real PostgreSQL 18, over
 * sockets: every rotation converges, and no promise is broken. Planted: requests that end with the run only: failed here.
 */
import { afterAll, describe } from 'vitest'
import { openAzureSite } from '../../demo/azure/site.ts'
import { Faulty } from '../cloud-faults.ts'
import { faultsSuite } from '../cloud-faults-suite.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'

const server = requireServer(await startPostgres())
const faulty =
  server &&
  (await Faulty.open(server, async ({ now }) => {
    const site = await openAzureSite(0, now)
    const ports = [site.vault.port, Number(new URL(site.blobs.endpoint).port)]
    return { site, plans: [site.vault.faults, site.blobs.faults], ports }
  }))
afterAll(async () => {
  await faulty?.close()
  await server?.stop()
})

describe.skipIf(!faulty)('Key Vault and its journal [fake]', () => {
  faultsSuite({
    faulty: faulty!,
    requests: { 'single-user': 9, 'alternating-users': 11 },
    halfOpen: { 'single-user': [5, 8], 'alternating-users': [10] },
    faults: { internal: 'error:500:InternalError' },
  })
})
