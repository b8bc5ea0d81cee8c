/**
 * Ending sessions: as on MySQL, where the server does not say either when a session was opened, nor with which password. The rights have
 * other names.
 * @module
 */
import { isRotationError, RotationError } from '../../errors.ts'
import type { SettableTarget } from '../../ports/rotation-target.ts'
import { endSessions as endThem } from '../mysql/sessions.ts'
import type { Context } from './options.ts'

export const endSessions =
  (context: Context): NonNullable<SettableTarget['endSessions']> =>
  async (...which) => {
    try {
      return await endThem(context)(...which)
    } catch (error) {
      if (!isRotationError(error, 'permission-missing') || error.foreign !== '1095') throw error
      const { at, foreign } = error
      const next = 'GRANT CONNECTION ADMIN and PROCESS ON *.* to the admin (SUPER before 10.5).'
      throw new RotationError('permission-missing', error.message, { at, foreign, next })
    }
  }
