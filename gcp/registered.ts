/**
 * The functions by the names under which the framework finds them.
 * @module
 */
import { cloudEvent, http } from '@google-cloud/functions-framework'
import type { Functions } from './functions.ts'

export function registered(functions: Functions): void {
  http('rotate', functions.rotate)
  http('sweep', functions.sweep)
  http('worker', functions.worker)
  cloudEvent('onSecretEvent', functions.onSecretEvent)
}
