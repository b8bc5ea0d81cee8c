/**
 * What the identity of a function may do, in the shape that the tables of all clouds have. `docs/permissions.md` is written from them:
 * each `infra/permissions/<cloud>.ts` exports `title` and `table`.
 * @module
 */

/**
 * The file and the function (or method) of this repository that makes the call: `aws/requests.ts#describe`. What the platform does for
 * a function is asked for by a key of a template: `aws/service.yml#worker`.
 */
export type CallSite = `${string}.${'ts' | 'yml' | 'tf' | 'json'}#${string}`

/** Operator, key, values: as the policy language of the cloud has them. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

export interface Permission {
  /** As the cloud names it: `secretsmanager:DescribeSecret`. */
  readonly action: string
  /** What it is granted on: as the cloud names it, or, in a table, in words. */
  readonly resources: readonly string[]
  readonly conditions?: Conditions
  readonly neededBy: CallSite
  /** For the page: what it is for, in one sentence. */
  readonly why: string
}

/** A line of the page: which functions have it (`rotate`, `sweep`, `onEvent`, `worker`), where the configuration asks for it. */
export interface TableRow extends Permission {
  readonly functions: readonly string[]
}
