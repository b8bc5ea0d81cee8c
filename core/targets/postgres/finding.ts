/**
 * Findings that a repair goes with.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import type { Context } from './options.ts'
import { repair } from './repair.ts'

/** Statements for people, and the same as a repair if there is an admin to run it. */
export const mending = (context: Context, name: string, statements: readonly string[]): Partial<Finding> => ({
  remedy: `${statements.join('; ')};`,
  ...(context.admin && { fix: repair(context, name, statements) }),
})
