/**
 * A login at Azure Database by Microsoft Entra ID.
 * https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication
 * @module
 */
import type { FetchToken } from '../core/ports/admin-token.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { type EntraToken, entraTokens } from './entra-token.ts'

/** Of Azure Database for PostgreSQL and for MySQL. */
const SCOPE = 'https://ossrdbms-aad.database.windows.net/.default'

/** That the principal may not log in, the server says. */
export async function entra(tokens: (scope: string) => Promise<EntraToken> = entraTokens): Promise<FetchToken> {
  const token = await tokens(SCOPE)
  return async () => SecretValue.of(await token())
}
