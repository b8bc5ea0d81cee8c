/**
 * Azurite, an emulator of Blob Storage that other people wrote, under the journals; the vault is our fake: there is no other.
 * @module
 */
import { BlobServiceClient } from '@azure/storage-blob'
import { Journal } from '../azure/journal.ts'
import { AzureSecretStore } from '../azure/secret-store.ts'
import { Place } from '../test/azure/support.ts'
import { startAzurite } from '../test/stand/azurite.ts'
import { isUnavailable } from '../test/stand/stand.ts'
import type { Site } from './site.ts'
import { withPut } from './sites-here.ts'

export const azurite: Site = {
  store: 'azure',
  server: 'our fake and Azurite',
  label: 'emulator',
  without: ['setBack', 'records', 'denied'],
  async open() {
    const server = await startAzurite()
    if (isUnavailable(server)) return server
    const service = BlobServiceClient.fromConnectionString(server.connectionString, { retryOptions: { maxTries: 1 } })
    let count = 0
    return {
      async make() {
        const place = new Place()
        const container = service.getContainerClient(`journals-${++count}`)
        await container.create()
        const open = () => {
          const [requests] = place.parts()
          return new AzureSecretStore(requests, new Journal(container, place.clock, requests.host), place.clock)
        }
        return {
          ...withPut(open(), () => place.clock.time),
          now: () => place.clock.time,
          advance: (ms: number) => {
            place.clock.time += ms
          },
          second: open,
        }
      },
      close: () => server.stop(),
    }
  },
}
