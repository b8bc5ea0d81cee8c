import { allows } from '../authorize.ts'
import { invalidParameter, notFound, ServiceFault } from '../errors.ts'
import { type Input, integer, list, required, text } from '../input.ts'
import { CURRENT, holderOf, type SecretState, type Version } from '../model.ts'
import type { Located } from '../regions.ts'
import { refuseDeleted } from '../regions.ts'
import { type Request, seenBy } from '../world.ts'
import { checkFilters, type Filter, matchesAll } from './filters.ts'
import { page } from './paging.ts'

/** Both texts were recorded on AWS (the snapshots beside localstack's tests). */
const noValue = (what: string) => notFound(`Secrets Manager can't find the specified secret value for ${what}`)

export const missing = () => notFound("Secrets Manager can't find the specified secret.")

export function getSecretValue(request: Request, input: Input): object {
  const found = request.world.regions.locate(request.region, required(input, 'SecretId'))
  const state = seenBy(request, found)
  if (!state) throw missing()
  return readValue(request, found, state, text(input, 'VersionId'), text(input, 'VersionStage'))
}

function readValue(
  request: Request,
  found: Located,
  state: SecretState,
  id: string | undefined,
  stage: string | undefined,
): object {
  refuseDeleted(state)
  const version = chosen(state, id, stage)
  request.world.kms.decrypt(found.replicaIn === undefined ? version.kmsKeyId : state.kmsKeyId, request.accessKeyId)
  found.record.access(request.world.now(), version.id)
  return {
    ARN: state.arn,
    Name: state.name,
    VersionId: version.id,
    ...('text' in version.value! ? { SecretString: version.value.text } : { SecretBinary: version.value!.base64 }),
    VersionStages: [...version.stages].sort(),
    CreatedDate: version.createdAt / 1000,
  }
}

/** Both given: they must name the same version. Class and text recorded on AWS. */
function chosen(state: SecretState, id: string | undefined, stage: string | undefined): Version {
  const version = id === undefined ? holderOf(state, stage ?? CURRENT) : state.versions.get(id)
  if (!version?.value) throw noValue(id === undefined ? `staging label: ${stage ?? CURRENT}` : `VersionId: ${id}`)
  if (id !== undefined && stage !== undefined && !version.stages.has(stage)) {
    throw new ServiceFault(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    )
  }
  return version
}

/**
 * Errors of single secrets are answered beside the values, with HTTP 200 (service model). There is no choice of stage.
 * MaxResults goes with Filters only.
 */
export function batchGetSecretValue(request: Request, input: Input): object {
  const ids = list<string>(input, 'SecretIdList')
  const filters = list<Filter>(input, 'Filters')
  if (!ids === !filters) throw invalidParameter('You must include Filters or SecretIdList, but not both.')
  const size = integer(input, 'MaxResults', 1, 20)
  if (ids) {
    if (size !== undefined) throw invalidParameter('You must use MaxResults with Filters.')
    if (ids.length < 1 || ids.length > 20) throw invalidParameter('You can retrieve up to 20 secrets.')
    return collected(request, ids)
  }
  checkFilters(filters!)
  const matching = request.world.regions
    .located(request.region)
    .filter(each => each.state.deletedAt === undefined && matchesAll(each.state, filters!))
  const { items, next } = page(matching, text(input, 'NextToken'), size ?? 20)
  const found = collected(
    request,
    items.map(each => each.state.arn),
  )
  return { ...found, ...(next !== undefined && { NextToken: next }) }
}

function collected(request: Request, ids: readonly string[]): object {
  const values: object[] = []
  const errors: object[] = []
  for (const id of ids) {
    try {
      allows(request, 'GetSecretValue', id)
      values.push(getSecretValue(request, { SecretId: id }))
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error
      errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message })
    }
  }
  return { SecretValues: values, Errors: errors }
}
