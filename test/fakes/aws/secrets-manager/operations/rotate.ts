import { accessDenied, invalidRequest } from '../errors.ts'
import { flag, type Input, list, requestToken, required, text } from '../input.ts'
import { CURRENT, holderOf, PENDING, type RotationRules, type RotationSettings, type SecretState } from '../model.ts'
import type { SecretRecord } from '../record.ts'
import { checkRules, nextRotation } from '../schedule.ts'
import type { Request } from '../world.ts'

/** Text: aws/aws-cdk issue 28539. Class: InvalidRequestException (service model). */
export function refuseUnfinished(state: SecretState, token: string): void {
  const pending = holderOf(state, PENDING)
  if (!pending || pending === holderOf(state, CURRENT) || pending.id === token) return
  throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
}

/**
 * Stores what was given, labels the empty version and tells the listeners; the function is called by whoever listens.
 * A secret that another service owns takes a schedule but no function (floci-io/floci pull request 2378, seen on AWS).
 */
export function rotateSecret(request: Request, input: Input): object {
  const { world, region } = request
  const record = world.regions.writable(region, required(input, 'SecretId'))
  const token = requestToken(input, 'parameter')
  const settings = configured(record.state, input)
  checkFunction(request, record.state, settings)
  refuseUnfinished(record.state, token)
  const immediately = flag(input, 'RotateImmediately') ?? true
  const at = world.now()
  record.update(at, draft => {
    const next = nextRotation(settings.rules, at)
    draft.rotation = { ...settings, enabled: true, ...(next !== undefined && { nextAt: next }) }
    draft.changedAt = at
  })
  if (settings.lambdaArn !== undefined) {
    world.rotations.announce(world.rotations.begin(record, region, token, !immediately))
  }
  return { ARN: record.state.arn, Name: record.state.name, VersionId: token }
}

/** What is not given stays as it was stored. */
function configured(state: SecretState, input: Input): RotationSettings {
  const lambdaArn = text(input, 'RotationLambdaARN')
  const rules = input.RotationRules as RotationRules | undefined
  const roleArn = text(input, 'ExternalSecretRotationRoleArn')
  const metadata = list<{ Key: string; Value: string }>(input, 'ExternalSecretRotationMetadata')
  if (rules) checkRules(rules)
  return {
    ...state.rotation,
    enabled: true,
    ...(lambdaArn !== undefined && { lambdaArn }),
    ...(rules && { rules }),
    ...(roleArn !== undefined && { roleArn }),
    ...(metadata && { metadata }),
  }
}

/** The caller needs lambda:InvokeFunction, and the function's policy must let the service in ("Troubleshoot rotation"). */
function checkFunction(request: Request, state: SecretState, settings: RotationSettings): void {
  const managed = state.owningService !== undefined || state.type !== undefined
  if (settings.lambdaArn === undefined) {
    if (managed) return
    throw invalidRequest('No Lambda rotation function ARN is associated with this secret.')
  }
  if (state.owningService !== undefined) {
    throw invalidRequest(
      `You can't rotate this secret with a function because it is managed by ${state.owningService}.`,
    )
  }
  request.world.permissions.check(request.accessKeyId, 'lambda:InvokeFunction', settings.lambdaArn)
  if (!request.world.rotations.mayInvoke(settings.lambdaArn)) {
    throw accessDenied(
      'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
    )
  }
}

export function cancelRotateSecret(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  const version = cancel(request.world.now(), record)
  return { ARN: record.state.arn, Name: record.state.name, ...(version !== undefined && { VersionId: version }) }
}

/** Turns rotation off and forgets the one in progress. AWSPENDING stays where it is (service model). */
export function cancel(at: number, record: SecretRecord): string | undefined {
  const { ongoing } = record.state
  const cancelled = ongoing?.state === 'running' || ongoing?.state === 'failed' ? ongoing : undefined
  record.update(at, draft => {
    if (draft.rotation) draft.rotation.enabled = false
    if (cancelled) draft.ongoing = { ...cancelled, state: 'cancelled' }
    draft.changedAt = at
  })
  return cancelled?.token
}
