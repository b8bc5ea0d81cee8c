/**
 * Our mark of ownership in the comment on a login: ` [lockstep:deployment/secret]` after whatever people wrote there.
 * @module
 */

const MARK = /\s*\[(lockstep:[^\]]*)\]/

/** An owner as it can stand between the brackets. */
const escaped = (owner: string): string => owner.replace(/[[\]%\s]/g, found => encodeURIComponent(found))

/** The mark of another configuration, if the comment bears one. */
export function foreignMark(comment: string | undefined, owner: string): string | undefined {
  const found = comment?.match(MARK)?.[1]
  return found === escaped(owner) ? undefined : found
}

/** The comment with our mark, or undefined if it bears it already. */
export function marked(comment: string | undefined, owner: string): string | undefined {
  const found = comment?.match(MARK)?.[1]
  if (found === escaped(owner)) return undefined
  return `${(comment ?? '').replace(MARK, '')} [${escaped(owner)}]`.trimStart()
}
