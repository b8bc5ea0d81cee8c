import type { Input } from './input.ts'
import type { Request } from './world.ts'

/** Operations that IAM checks against no single secret. */
const WITHOUT_SECRET = new Set(['ListSecrets', 'BatchGetSecretValue', 'GetRandomPassword'])

/**
 * IAM comes first: a denial is answered for a secret that does not exist too, and then names what the caller sent.
 * CreateSecret and BatchGetSecretValue need further actions for what they carry (API reference of each).
 */
export function authorize(request: Request, op: string, input: Input): void {
  const given = String(input.SecretId ?? input.Name ?? '')
  allows(request, op, WITHOUT_SECRET.has(op) ? undefined : given)
  if (op === 'BatchGetSecretValue' && input.Filters) allows(request, 'ListSecrets', undefined)
  if (op !== 'CreateSecret') return
  if (Array.isArray(input.Tags) && input.Tags.length) allows(request, 'TagResource', given)
  if (Array.isArray(input.AddReplicaRegions) && input.AddReplicaRegions.length) {
    allows(request, 'ReplicateSecretToRegions', given)
  }
}

/** @throws ServiceFault AccessDeniedException */
export function allows(request: Request, op: string, secretId: string | undefined): void {
  const { world, region, accessKeyId } = request
  const found = secretId === undefined ? undefined : world.regions.find(region, secretId)
  world.permissions.check(accessKeyId, `secretsmanager:${op}`, found?.state.arn ?? secretId ?? '*')
}
