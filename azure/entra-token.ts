/**
 * Access tokens of Microsoft Entra ID, as `DefaultAzureCredential` finds them.
 * @module
 */
import { RotationError } from '../core/errors.ts'

export type EntraToken = () => Promise<string>

/** The SDK missing: `driver-missing`. Nobody is signed in: `access-denied`. Nothing is asked yet. */
export async function entraTokens(scope: string): Promise<EntraToken> {
  const { DefaultAzureCredential } = await identitySdk()
  const credential = new DefaultAzureCredential()
  return async () => {
    const found = await credential.getToken(scope).catch(() => undefined)
    if (found) return found.token
    throw new RotationError('access-denied', 'Azure has no credentials for this process.', {
      next: 'Sign in (`az login`), or give the process a managed identity.',
    })
  }
}

/** The SDK missing: `driver-missing`. */
export async function identitySdk(): Promise<typeof import('@azure/identity')> {
  try {
    return await import('@azure/identity')
  } catch {
    throw new RotationError('driver-missing', 'Azure needs the package `@azure/identity`.', {
      next: 'Run `npm install @azure/identity`.',
    })
  }
}
