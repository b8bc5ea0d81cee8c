/**
 * Access tokens of Google Cloud, as the client of Secret Manager finds them: it brings the sign-in, so nothing else has to be
 * installed.
 * @module
 */
import { RotationError } from '../core/errors.ts'
import { googleSdk } from './auth-library.ts'

export type AccessToken = () => Promise<string>

/** The SDK missing: `driver-missing`. Nobody is signed in: `access-denied`. Nothing is asked yet. */
export async function accessTokens(scope: string): Promise<AccessToken> {
  const { SecretManagerServiceClient } = await googleSdk('Google Cloud')
  // a project, or it would be looked up, for which this scope may be too little
  const { auth } = new SecretManagerServiceClient({ scopes: [scope], projectId: 'none' })
  return async () => {
    const token = await auth.getAccessToken().catch(() => undefined)
    if (token) return token
    throw new RotationError('access-denied', 'Google Cloud has no credentials for this process.', {
      next: 'Sign in (`gcloud auth application-default login`), or give the process a service account.',
    })
  }
}
