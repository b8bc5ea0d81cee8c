/** As much of the queries of infra/azure/alarms.json as counts lines of our own: one comparison of one field of each. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './service.ts'

export interface Rule {
  readonly name: string
  query: string
  operator: string
  readonly threshold: number
}
type Line = Readonly<Record<string, unknown>>

const OURS = /^traces \| extend line = parse_json\(message\) \| where line\.Namespace == '(\w+)' and (.+)$/

export const template = (name: 'alarms' | 'dashboard') =>
  JSON.parse(readFileSync(join(root, 'infra/azure', `${name}.json`), 'utf8'))

export const rulesOf = (): Rule[] => template('alarms').variables.rules.filter(({ query }: Rule) => OURS.test(query))

export function counts(query: string, line: Line): boolean {
  const [, namespace, condition] = OURS.exec(query)!
  const [, asked, field, sign] = /^(toint|isnotnull)\(line\.(\w+)\)(?: (==|>) 0)?$/.exec(condition!)!
  const value = line[field!]
  if (line.Namespace !== namespace || typeof value !== 'number') return false
  if (asked === 'isnotnull') return true
  return sign === '>' ? Math.trunc(value) > 0 : Math.trunc(value) === 0
}

/** Names of the rules that fire, when these lines are all that was written within every window. */
export const rulesFired = (rules: readonly Rule[], lines: readonly Line[]): readonly string[] =>
  rules
    .filter(({ query, operator, threshold }) => {
      const found = lines.filter(line => counts(query, line)).length
      return operator === 'GreaterThan' ? found > threshold : found < threshold
    })
    .map(({ name }) => name)
