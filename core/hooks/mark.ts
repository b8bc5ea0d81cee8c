/**
 * The name under which a platform remembers for which version it was told to start afresh. One a secret, because one consumer may
 * read several.
 * @module
 */
import { createHash } from 'node:crypto'
import type { Promotion } from '../ports/promotion-hook.ts'

/** Fits into a tag, an annotation and, in capitals with `_`, a variable: `lockstep-` and 16 digits. */
export const markOf = ({ secret, id, consumer }: Omit<Promotion, 'version'>): string =>
  `lockstep-${createHash('sha256')
    .update(JSON.stringify([secret, id, consumer]))
    .digest('hex')
    .slice(0, 16)}`
