/**
 * What the conformance suites of targets share.
 * @module
 */
import assert from 'node:assert/strict'
import { type ErrorCode, RotationError } from '../errors.ts'

/** One sentence of a contract, for any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface ConformanceCase {
  readonly name: string
  run(): Promise<void>
}

/** The error, which must have one of these codes. What is said of another one holds no text of it: it may hold anything. */
export async function rejectsWith(action: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<RotationError> {
  const error = await action.then(
    () => assert.fail(`expected ${codes.join(' or ')}, but the call succeeded`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof RotationError, 'expected a RotationError')
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}`)
  return error
}
