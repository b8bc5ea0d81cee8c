/**
 * Reading what anybody may have sent: own data of plain objects only, nothing that is inherited, computed or long.
 * @module
 */

/** No field of ours is longer. */
const LONGEST = 2048

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The field; undefined also where there is no object. */
export const fieldOf = (value: unknown, field: string): unknown =>
  isObject(value) ? Object.getOwnPropertyDescriptor(value, field)?.value : undefined

/** A text that is not empty and not too long; anything else: undefined. */
export function textOf(value: unknown, field: string): string | undefined {
  const found = fieldOf(value, field)
  return typeof found === 'string' && found !== '' && found.length <= LONGEST ? found : undefined
}

/** RFC 3339 with any number of decimals. Anything else: undefined. */
export function instantOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)$/.test(text))
    return undefined
  // more than three decimals are cut by hand: what engines make of them is their own
  const time = Date.parse(text.replace(/(\.\d{3})\d+/, '$1').replace(' ', 'T'))
  return Number.isFinite(time) ? time : undefined
}
