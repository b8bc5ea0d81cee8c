/**
 * Faults between Lockstep, Secret Manager (our fake, by the official client over gRPC) and a real PostgreSQL 18, over sockets: every
 * rotation converges, and no promise is broken. Planted: no keep-alive on the connection: failed here.
 */
import { afterAll, describe } from 'vitest'
import { openGcpSite } from '../../demo/gcp/site.ts'
import { Faulty } from '../cloud-faults.ts'
import { faultsSuite } from '../cloud-faults-suite.ts'
import { startPostgres } from '../stand/postgres.ts'
import { requireServer } from '../stand/stand.ts'

const server = requireServer(await startPostgres())
const faulty =
  server &&
  (await Faulty.open(server, async () => {
    const site = await openGcpSite('latest', 0)
    return { site, plans: [site.fake.faults], ports: [site.fake.port] }
  }))
afterAll(async () => {
  await faulty?.close()
  await server?.stop()
})

describe.skipIf(!faulty)('read as latest [fake]', () => {
  faultsSuite({
    faulty: faulty!,
    requests: { 'single-user': 11, 'alternating-users': 17 },
    halfOpen: { 'single-user': [6, 10], 'alternating-users': [16] },
    faults: { internal: 'error:INTERNAL' },
  })
})
