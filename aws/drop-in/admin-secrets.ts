/**
 * Admin secrets, from the Secrets Manager that the rotated secret is in too.
 * @module
 */
import { RotationError } from '../../core/errors.ts'
import { CURRENT } from '../labels.ts'
import type { Requests } from '../requests.ts'
import type { AdminSecrets } from './admin.ts'

export const adminSecrets = (requests: Requests): AdminSecrets => ({
  async value(id, call) {
    const found = await requests.get(id, { stage: CURRENT }, call)
    if (found) return found.value
    throw new RotationError('secret-not-found', 'Secrets Manager has no such admin secret, or it has no value.', {
      at: id,
      next: 'Correct `masterarn`: the ARN of the secret that holds the login of the admin.',
    })
  },
  tags: async (id, call) => (await requests.describe(id, call))?.tags ?? {},
})
