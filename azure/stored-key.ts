/**
 * Whether `DefaultAzureCredential` would sign in with a key that is stored in its variables. The variables alone decide it: what it
 * has found, it does not tell. https://learn.microsoft.com/javascript/api/@azure/identity/environmentcredential
 * @module
 */

const KEYS = {
  AZURE_CLIENT_SECRET: 'the secret of an application',
  AZURE_CLIENT_CERTIFICATE_PATH: 'the certificate of an application',
  AZURE_PASSWORD: 'the password of a user',
} as const

/** What kind of key, and in which variable. None: undefined. */
export function storedKeyIn(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_TOKEN_CREDENTIALS: which } = env
  if (!tenant || !client || !looksThere(which)) return undefined
  const name = (Object.keys(KEYS) as (keyof typeof KEYS)[]).find(each => env[each])
  return name && `${KEYS[name]} (${name})`
}

/** Its variable may leave the others out. */
const looksThere = (which = 'prod'): boolean =>
  ['', 'prod', 'environmentcredential'].includes(which.trim().toLowerCase())
