/**
 * moto, an emulator of Secrets Manager that other people wrote.
 * @module
 */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { openAwsStore } from '../aws/index.ts'
import { systemClock } from '../core/ports/clock.ts'
import { startMoto } from '../test/stand/moto.ts'
import { isUnavailable } from '../test/stand/stand.ts'
import type { Site } from './site.ts'
import { withPut } from './sites-here.ts'

export const moto: Site = {
  store: 'aws',
  server: 'moto',
  label: 'emulator',
  without: ['advance', 'setBack', 'records', 'denied'],
  async open() {
    const server = await startMoto()
    if (isUnavailable(server)) return server
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const { endpoint } = server
    const open = () =>
      openAwsStore({
        clock: systemClock,
        client: new SecretsManagerClient({ region: 'us-east-1', endpoint, credentials }),
      })
    return {
      async make() {
        await server.reset()
        const store = await open()
        return { ...withPut(store, Date.now), now: Date.now, second: open, close: () => store.close() }
      },
      close: () => server.stop(),
    }
  },
}
