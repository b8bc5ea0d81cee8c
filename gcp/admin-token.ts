/**
 * A login at Cloud SQL by IAM: an access token that is good for nothing else.
 * https://cloud.google.com/sql/docs/postgres/iam-logins
 * @module
 */
import type { FetchToken } from '../core/ports/admin-token.ts'
import { SecretValue } from '../core/secret/secret-value.ts'
import { accessTokens } from './access-token.ts'

const SCOPE = 'https://www.googleapis.com/auth/sqlservice.login'

/** That the principal may not log in (cloudsql.instances.login), the server says. */
export async function cloudSqlIam(tokens: typeof accessTokens = accessTokens): Promise<FetchToken> {
  const token = await tokens(SCOPE)
  return async () => SecretValue.of(await token())
}
