/**
 * Single fields of a JSON value, replaced as text: everything else keeps its spelling.
 * @module
 */
import { SecretValue } from './secret-value.ts'
import { membersOf } from './shape-json.ts'
import { unsuitable } from './shape-parts.ts'

export type Fields = Readonly<Record<string, string | number>>

/** A field that the value has not, or that holds more than a text or a number: `value-unsuitable`. */
export function withFields(value: SecretValue, fields: Fields): SecretValue {
  const text = value.reveal()
  const members = membersOf(text)
  const places = Object.entries(fields).map(([name, content]) => {
    const member = members.get(name)
    if (member === undefined || member.value === undefined) throw unsuitable(`has no field '${name}' to be replaced`)
    return { ...member, content: JSON.stringify(content) }
  })
  // from the back, so that the positions in front stay right
  places.sort((one, other) => other.start - one.start)
  return SecretValue.of(
    places.reduce((written, { start, end, content }) => written.slice(0, start) + content + written.slice(end), text),
  )
}

/** The fields of these names that the value holds as a text or a number. */
export function fieldsOf(value: SecretValue, names: readonly string[]): Fields {
  const members = membersOf(value.reveal())
  const found: Record<string, string | number> = {}
  for (const name of names) {
    const content = members.get(name)?.value
    if (typeof content === 'string' || typeof content === 'number') found[name] = content
  }
  return found
}
