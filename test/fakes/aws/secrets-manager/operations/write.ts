import { accessDenied, invalidParameter, invalidRequest, invalidShape } from '../errors.ts'
import { checkStage, type Input, requestToken, required, secretData, stages, text } from '../input.ts'
import { moveLabel } from '../labels.ts'
import { PENDING, type SecretState } from '../model.ts'
import type { SecretRecord } from '../record.ts'
import { putVersion, tokenInUse } from '../versions.ts'
import type { Request } from '../world.ts'

/** Text assumed; class: InvalidRequestException, "managed by another service" (service model). */
export function refuseManaged(state: SecretState): void {
  if (state.owningService === undefined) return
  throw invalidRequest(
    `You can't perform this operation on the secret because it is managed by ${state.owningService}.`,
  )
}

export function putSecretValue(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  refuseManaged(record.state)
  const id = requestToken(input)
  const value = secretData(input)
  if (!value) throw invalidRequest('You must provide either SecretString or SecretBinary.')
  checkRotationToken(request, record.state, id, text(input, 'RotationToken'))
  const given = stages(input)
  request.world.kms.encrypt(record.state.kmsKeyId, request.accessKeyId)
  const version = store(request, record, { id, value, ...(given && { stages: given }) })
  return { ARN: record.state.arn, Name: record.state.name, VersionId: id, VersionStages: version }
}

/** Writes the version and gives up a rotation that it is not part of. Answers the version's labels. */
export function store(
  request: Request,
  record: SecretRecord,
  put: Omit<Parameters<typeof putVersion>[1], 'at'>,
): string[] {
  const { world } = request
  const at = world.now()
  let abandoned = false
  const labels = record.update(at, draft => {
    const { version, created } = putVersion(draft, { ...put, at })
    if (created) {
      draft.changedAt = at
      abandoned = world.rotations.abandonFor(draft, put.id)
    }
    return [...version.stages].sort()
  })
  if (abandoned) world.rotations.noteAbandoned(record.state)
  return labels
}

/** Shape RotationTokenType; that a missing or wrong one is answered AccessDeniedException is assumed. */
function checkRotationToken(request: Request, state: SecretState, id: string, token: string | undefined): void {
  if (token !== undefined && !/^[a-zA-Z0-9-]{36,256}$/.test(token)) {
    throw invalidShape('rotationToken', 'satisfy regular expression pattern: ^[a-zA-Z0-9\\-]+$')
  }
  const { ongoing } = state
  if (ongoing?.token !== id || !request.world.rotations.tokenRequired(state.arn)) return
  if (token !== ongoing.rotationToken) throw accessDenied('The RotationToken does not match the rotation in progress.')
}

/** Unlike PutSecretValue an existing token is an error even with the same data. Metadata alone makes no version. */
export function updateSecret(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  refuseManaged(record.state)
  const value = secretData(input)
  const id = requestToken(input)
  if (value && record.state.versions.has(id)) throw tokenInUse(record.state, id)
  const key = text(input, 'KmsKeyId') ?? record.state.kmsKeyId
  if (value) request.world.kms.encrypt(key, request.accessKeyId)
  const at = request.world.now()
  record.update(at, draft => {
    draft.changedAt = at
    setDetails(draft, input)
  })
  if (value) store(request, record, { id, value })
  return { ARN: record.state.arn, Name: record.state.name, ...(value && { VersionId: id }) }
}

/** A new key also re-encrypts the versions under AWSCURRENT, AWSPENDING and AWSPREVIOUS (UpdateSecretRequest.KmsKeyId). */
function setDetails(draft: SecretState, input: Input): void {
  const description = text(input, 'Description')
  const type = text(input, 'Type')
  const key = text(input, 'KmsKeyId')
  if (description !== undefined) draft.description = description
  if (type !== undefined) draft.type = type
  if (key === undefined) return
  if (key === '') delete draft.kmsKeyId
  else draft.kmsKeyId = key
  for (const [id, version] of draft.versions) {
    if (!['AWSCURRENT', 'AWSPREVIOUS', PENDING].some(stage => version.stages.has(stage))) continue
    const { kmsKeyId: _old, ...rest } = version
    draft.versions.set(id, key === '' ? rest : { ...rest, kmsKeyId: key })
  }
}

export function updateSecretVersionStage(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  refuseManaged(record.state)
  const stage = checkStage(required(input, 'VersionStage'))
  const from = text(input, 'RemoveFromVersionId')
  const to = text(input, 'MoveToVersionId')
  for (const id of [from, to]) {
    if (id !== undefined && (id.length < 32 || id.length > 64))
      throw invalidParameter('A version id has 32-64 characters.')
  }
  const at = request.world.now()
  record.update(at, draft => {
    moveLabel(draft, stage, from, to)
    draft.changedAt = at
  })
  request.world.regions.hasMoved(record)
  return { ARN: record.state.arn, Name: record.state.name }
}
