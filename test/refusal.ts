/** What a call throws, which has to be an error of ours. */
import { RotationError } from '../core/errors.ts'

export function refusal(call: () => unknown): RotationError {
  try {
    call()
  } catch (error) {
    if (error instanceof RotationError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
