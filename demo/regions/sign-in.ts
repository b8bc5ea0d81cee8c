/**
 * Sign-ins of this process to the fakes, where each cloud's SDK looks for them: an access key, no metadata server, and the token
 * service that App Service gives to the processes of an app.
 * @module
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { Tokens } from '../../test/fakes/azure/common/tokens.ts'

const LOCKSTEP = 'lockstep'

/** Answers what ends it. */
export async function signIn(tokens: Tokens, authorities: readonly string[]): Promise<() => void> {
  setDefaultCACertificates([...new Set([...getCACertificates('default'), ...authorities])])
  const server = createServer((request, response) => {
    const resource = new URL(request.url!, 'http://here').searchParams.get('resource') ?? ''
    const lasts = Math.floor(Date.now() / 1000) + 86_400
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        access_token: tokens.make(LOCKSTEP, resource.replace(/\/$/, '')),
        expires_on: String(lasts),
        resource,
        token_type: 'Bearer',
      }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: LOCKSTEP,
    AWS_SECRET_ACCESS_KEY: 'of the demo',
    METADATA_SERVER_DETECTION: 'none',
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    IDENTITY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
    IDENTITY_HEADER: 'header-of-the-app',
  })
  return () => {
    server.closeAllConnections()
    server.close()
  }
}
