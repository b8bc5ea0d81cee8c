/**
 * A register that is opened when it is first asked something: until then no library of a cloud is loaded and nobody signs in.
 * @module
 */
import type { LeaderRegister } from '../ports/leader-register.ts'

/** One that could not be opened is tried again at the next call. */
export function deferredRegister(open: () => Promise<LeaderRegister>): LeaderRegister {
  let opened: Promise<LeaderRegister> | undefined
  const register = async (): Promise<LeaderRegister> => {
    opened ??= open()
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }
  return {
    read: async (...asked) => (await register()).read(...asked),
    swap: async (...asked) => (await register()).swap(...asked),
    create: async (...asked) => (await register()).create(...asked),
  }
}
