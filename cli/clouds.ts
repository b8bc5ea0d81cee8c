/**
 * What the clouds do beside keeping secrets: hooks of consumers, and tokens for admins. Each is loaded when it is first needed.
 * @module
 */
import type { CloudHooks } from '../core/hooks/open.ts'
import type { AdminTokens } from '../core/ports/admin-token.ts'
import type { Clock } from '../core/ports/clock.ts'

export const cloudHooks = (clock: Clock): CloudHooks => ({
  ecs: async hook => (await import('../aws/hooks.ts')).awsHooks(clock).ecs(hook),
  'lambda-environment': async hook => (await import('../aws/hooks.ts')).awsHooks(clock)['lambda-environment'](hook),
  'cloud-run': async hook => (await import('../gcp/hooks.ts')).gcpHooks(clock)['cloud-run'](hook),
  'app-service': async hook => (await import('../azure/hooks.ts')).azureHooks(clock)['app-service'](hook),
})

export const cloudTokens = (clock: Clock): AdminTokens => ({
  'rds-iam': async () => (await import('../aws/admin-token.ts')).rdsIam(clock),
  'cloud-sql-iam': async () => (await import('../gcp/admin-token.ts')).cloudSqlIam(),
  entra: async () => (await import('../azure/admin-token.ts')).entra(),
})
