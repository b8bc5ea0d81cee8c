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

/** One for what is granted on the same: names are long, and said once. Called after the first kind of them. */
export function statementsOf(grants: readonly Grant[]): readonly Statement[] {
  const bySame = Map.groupBy(grants, ({ resources }) => JSON.stringify(resources))
  return [...bySame.values()].map(same => {
    const { on, resources } = same[0]!
    const [only, ...others] = resources.map(asResource)
    const Action = [...new Set(same.map(({ action }) => action))]
    return { Sid: on, Effect: 'Allow' as const, Action, Resource: others.length > 0 ? [only!, ...others] : only! }
  })
}

const asResource = (text: string): Resource => (text.includes('${') ? { 'Fn::Sub': text } : text)

/** As long as it gets when region, account and names are filled in. */
export const fits = (statements: readonly Statement[]): boolean =>
  JSON.stringify(statements)
    .replaceAll('{"Fn::Sub":', '')
    .replace(/\$\{AWS::(\w+)\}/g, (_, name: string) => 'x'.repeat(LONGEST[name] ?? 20)).length <= ROOM

const LONGEST: Readonly<Record<string, number>> = { Partition: 10, Region: 14, AccountId: 12 }
