/**
 * Hooks of consumers on Azure.
 * @module
 */
import type { CloudHooks } from '../core/hooks/open.ts'
import type { Clock } from '../core/ports/clock.ts'
import { entraTokens } from './entra-token.ts'
import { appServiceHook } from './hooks-app-service.ts'

const SCOPE = 'https://management.azure.com/.default'

/** Nothing is asked yet. */
export const azureHooks = (clock: Pick<Clock, 'now'>) =>
  ({ 'app-service': async place => appServiceHook(place, await entraTokens(SCOPE), clock) }) satisfies CloudHooks
