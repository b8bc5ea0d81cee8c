/**
 * The register of who leads, as commands open it: a local file is made with its first record, and what fails names `epochs:`.
 * @module
 */
import { RotationError, sanitise } from '../core/errors.ts'
import type { LeaderRegister } from '../core/ports/leader-register.ts'

/** Where an error of the register happened; the leader's store has other advice. */
export const REGISTER = 'epochs'

/** `exists`: whether its store is there. Absent: nobody is on record. */
export function explained(register: LeaderRegister, exists: () => boolean): LeaderRegister {
  return {
    read: (...asked) => explaining(async () => (exists() ? register.read(...asked) : undefined)),
    swap: (...asked) => explaining(() => register.swap(...asked)),
    create: (...asked) => explaining(() => register.create(...asked)),
  }
}

async function explaining<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (thrown) {
    const { code, message, foreign } = sanitise(thrown)
    throw new RotationError(code, `The register of who leads (\`epochs:\`) cannot be used: ${message}`, {
      at: REGISTER,
      foreign,
      next: 'Mend the store that `epochs:` names, then run the same command again. Consumers go on; nothing rotates meanwhile.',
    })
  }
}
