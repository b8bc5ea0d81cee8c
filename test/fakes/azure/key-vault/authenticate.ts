import type { Call } from '../common/calls.ts'
import { ServiceFault } from '../common/service-fault.ts'
import { KEY_VAULT, TENANT } from '../common/tokens.ts'
import type { World } from './world.ts'

/** What a request without a token is answered: the client sends its first one so, without a body, to learn whom to ask. */
export function challenge(call: Call): ServiceFault {
  call.error = 'Unauthorized'
  return new ServiceFault(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.')
}

export const challengeHeaders = (error?: string): Record<string, string> => ({
  'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="${KEY_VAULT}"${error === undefined ? '' : `, error="${error}"`}`,
})

/** Answers the identity. @throws ServiceFault 401 for what is no token, ended, or meant for another service. */
export function authenticate(world: World, authorization: string): string {
  const claims = world.tokens.read(authorization.replace(/^Bearer /, ''))
  if (!claims) throw unauthorized('Error validating token: it is not one.')
  if (world.tokens.isExpired(claims)) throw unauthorized('Error validating token: it is expired.')
  if (claims.audience !== KEY_VAULT) {
    throw unauthorized(`AKV10022: Invalid audience. Expected ${KEY_VAULT}, found: ${claims.audience}.`)
  }
  return claims.identity
}

const unauthorized = (message: string): ServiceFault => new ServiceFault(401, 'Unauthorized', message)
