/** As much of Cloud Logging's filters, and of the alerts over them, as infra/gcp/alarms.tf uses. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './service.ts'

export type Filters = Record<string, string>
type Line = Readonly<Record<string, unknown>>

export const alertText = (): string => readFileSync(join(root, 'infra/gcp/alarms.tf'), 'utf8')

/** What is counted, by the names of the alerts. */
export function filtersOf(text: string): Filters {
  const written = /^ {2}written +=.*?(jsonPayload.*)"$/m.exec(text)![1]!.replaceAll('\\"', '"')
  const each = text.matchAll(/^ {4}([\w-]+) += \{ filter = "([^"]+)"/gm)
  const sweeps = /filter += "\$\{local\.written\} (jsonPayload\.OverdueSecrets[^"]*)"/.exec(text)![1]!
  return Object.fromEntries(
    [...each, ['', 'sweeps', sweeps]].map(([, name, filter]) => [name!, `${written} ${filter}`]),
  )
}

/** Comparisons of fields with texts and numbers, all of which hold. A field that is absent fulfils none. */
export const matches = (filter: string, line: Line): boolean =>
  filter.split(' ').every(term => {
    const [, field, sign, wanted] = /^jsonPayload\.(\w+)(=|>=|>)(.+)$/.exec(term)!
    const value = line[field!]
    const bound = JSON.parse(wanted!) as string | number
    if (sign === '=') return value === bound
    return typeof value === 'number' && (sign === '>' ? value > Number(bound) : value >= Number(bound))
  })

/** Names of the alerts, when these lines are all that was written within every period. */
export function alertsOf(filters: Filters, lines: readonly Line[]): readonly string[] {
  const counts = Object.entries(filters).map(
    ([name, filter]) => [name, lines.filter(line => matches(filter, line)).length] as const,
  )
  return counts
    .filter(([name, count]) => (name === 'sweeps' ? count === 0 : count > 0))
    .map(([name]) => (name === 'sweeps' ? 'sweep-silent' : name))
}
