import { invalidParameter, limitExceeded } from '../errors.ts'
import { type Input, list, required, tags } from '../input.ts'
import type { SecretState } from '../model.ts'
import type { Request } from '../world.ts'

/** Quota of tags on a resource, in "Tag secrets". */
const MAX_TAGS = 50

/** Merges: an existing key gets the new value, others stay. */
export function setTags(draft: SecretState, given: readonly (readonly [string, string])[]): void {
  for (const [key, value] of given) {
    if (key.toLowerCase().startsWith('aws:')) throw invalidParameter('Tag keys that begin with aws: are reserved.')
    draft.tags.set(key, value)
    draft.tagged = true
  }
  if (draft.tags.size > MAX_TAGS) throw limitExceeded(`You can't have more than ${MAX_TAGS} tags on a secret.`)
}

/** A secret scheduled for deletion is refused: recorded on AWS (localstack/localstack pull request 13662). */
export function tagResource(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  const at = request.world.now()
  record.update(at, draft => {
    setTags(draft, tags(input))
    draft.changedAt = at
  })
  return {}
}

/** A key that is not there is no error. */
export function untagResource(request: Request, input: Input): object {
  const record = request.world.regions.writable(request.region, required(input, 'SecretId'))
  const at = request.world.now()
  record.update(at, draft => {
    for (const key of list<string>(input, 'TagKeys') ?? []) draft.tags.delete(key)
    draft.changedAt = at
  })
  return {}
}
