/**
 * What a member's copy is: the leader's value, with the fields that members have for themselves. A member without a word on such a
 * field keeps the one it has.
 * @module
 */
import { isRotationError } from '../errors.ts'
import type { SecretValue } from '../secret/secret-value.ts'
import { type Fields, fieldsOf, withFields } from '../secret/shape-fields.ts'
import type { Member } from './replication.ts'

/** `own`: what the member holds now. */
export function copyFor(
  member: Pick<Member, 'fields'>,
  members: readonly Pick<Member, 'fields'>[],
  leader: SecretValue,
  own: SecretValue | undefined,
): SecretValue {
  const mapped = [...new Set(members.flatMap(({ fields }) => Object.keys(fields)))]
  if (mapped.length === 0) return leader
  const shared = Object.keys(fieldsOf(leader, mapped))
  return withFields(leader, { ...(own && kept(own, shared)), ...member.fields })
}

/** What a person left there may be no JSON at all. */
function kept(own: SecretValue, names: readonly string[]): Fields {
  try {
    return fieldsOf(own, names)
  } catch (error) {
    if (isRotationError(error, 'value-unsuitable')) return {}
    throw error
  }
}
