/**
 * Hooks of consumers on Google Cloud.
 * @module
 */
import type { CloudHooks } from '../core/hooks/open.ts'
import type { Clock } from '../core/ports/clock.ts'
import { accessTokens } from './access-token.ts'
import { cloudRunHook } from './hooks-cloud-run.ts'

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** Nothing is asked yet. */
export const gcpHooks = (clock: Pick<Clock, 'now'>) =>
  ({ 'cloud-run': async place => cloudRunHook(place, await accessTokens(SCOPE), clock) }) satisfies CloudHooks
