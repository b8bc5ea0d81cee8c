/**
 * Permissions as statements of IAM in a template.
 * @module
 */
import type { Grant } from './aws.ts'

type Resource = string | { readonly 'Fn::Sub': string }

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: Resource | readonly Resource[]
}

/** Inline policies of a role together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; the key and the VPC need some. */
const ROOM = 9_000

/** One for each kind, with the actions in the order of the table. */
export function statementsOf(grants: readonly Grant[]): readonly Statement[] {
  const byResources = Map.groupBy(grants, ({ on, resources }) => JSON.stringify([on, resources]))
  const made = [...byResources.values()].map(same => {
    const { on: Sid, resources } = same[0]!
    const [only, ...others] = resources.map(asResource)
    const Action = [...new Set(same.map(({ action }) => action))]
    return { Sid, Effect: 'Allow' as const, Action, Resource: others.length > 0 ? [only!, ...others] : only! }
  })
  return made
}

const asResource = (text: string): Resource => (text.includes('${') ? { 'Fn::Sub': text } : text)

/** With what stands for region, account and names as long as it gets. */
export const fits = (statements: readonly Statement[]): boolean =>
  JSON.stringify(statements).replaceAll('{"Fn::Sub":', '').length <= ROOM
