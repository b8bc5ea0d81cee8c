/**
 * What the doctor says about one secret, and, as data, what would repair it.
 * @module
 */
import type { Finding } from '../../ports/rotation-target.ts'
import type { VersionId } from '../../ports/secret-store.ts'

export interface DoctorFinding {
  /** Stable, kebab-case; an error's code where an error is what was found. */
  readonly kind: string
  /** `blocks`: rotations fail, or consumers are refused. `warns`: it works, with a drawback. `info`: good to know. */
  readonly weight: 'blocks' | 'warns' | 'info'
  readonly explanation: string
  /** What to type or to run. */
  readonly remedy?: string
  /** Whether `repair` mends it. */
  readonly fixable: boolean
}

export interface Diagnosis {
  readonly secret: string
  readonly findings: readonly DoctorFinding[]
}

/** The doctor finishes what was begun and restores what was recorded; it never begins anything. */
export type Remedy =
  /** The target's own repair of a user, a membership, a right. */
  | { readonly do: 'mend'; readonly fix: NonNullable<Finding['fix']> }
  /** The target takes current again: through the admin, or from an older version that it still accepts. */
  | { readonly do: 'restore'; readonly from: VersionId | 'admin' }
  | { readonly do: 'clear-halt' }
  | { readonly do: 'republish' }
  /** `rotate` goes on with what is pending. */
  | { readonly do: 'finish' }
  | { readonly do: 'retire' }
  /** The version stops being previous in the store; the target is not touched. */
  | { readonly do: 'unlabel'; readonly previous: VersionId }
  | { readonly do: 'revoke'; readonly key: string }

/** A finding with its repair: absent where no repair is provably safe. */
export type Judged = Omit<DoctorFinding, 'fixable'> & { readonly repair?: Remedy | undefined }

export const published = ({ repair, ...finding }: Judged): DoctorFinding => ({
  ...finding,
  fixable: repair !== undefined,
})
