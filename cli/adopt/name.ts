/**
 * Names in `lockstep.yml` for secrets of AWS, whose names may hold more.
 * @module
 */
import { NAME } from '../../core/config/schema/parts.ts'

const MAX = 128

/** The secret's own name where that is possible, else the nearest that is free. */
export function configName(name: string, taken: ReadonlySet<string> | ReadonlyMap<string, unknown>): string {
  const cleaned = name.replaceAll(/[^A-Za-z0-9._/-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  const base = NAME.test(cleaned) ? cleaned : `secret-${cleaned}`.slice(0, MAX)
  if (!taken.has(base)) return base
  for (let n = 2; ; n++) {
    const numbered = `${base.slice(0, MAX - 6)}-${n}`
    if (!taken.has(numbered)) return numbered
  }
}
