/**
 * What may be written to logs, audit events and metrics: plain data. A `SecretValue`, an `Error`, bytes and functions do not fit.
 * @module
 */
export type Loggable =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Loggable[]
  | { readonly [key: string]: Loggable }
