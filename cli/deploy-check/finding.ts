/**
 * What `deploy-check` says about one thing, and the exit code that follows from all of them.
 * @module
 */
import type { ExitCode } from '../../core/errors.ts'

export const levels = ['ok', 'note', 'unanswered', 'missing', 'wrong'] as const

export interface Finding {
  readonly about:
    | 'tool'
    | 'sign-in'
    | 'permissions'
    | 'region'
    | 'stage'
    | 'configuration'
    | 'schedule'
    | 'variable'
    | 'window'
  /** `wrong`: what was written or typed. `missing`: something of the machine or the account. `unanswered`: nobody could say. */
  readonly level: (typeof levels)[number]
  /** One sentence. */
  readonly says: string
  readonly expected?: string
  readonly next?: string
}

const exits: Readonly<Record<Finding['level'], 0 | ExitCode>> = { ok: 0, note: 0, unanswered: 5, missing: 4, wrong: 2 }

/** What nothing else can mend comes first: to ask again is no use while the configuration is wrong. */
export function exitOf(findings: readonly Finding[]): 0 | ExitCode {
  const worst = Math.max(0, ...findings.map(({ level }) => levels.indexOf(level)))
  return exits[levels[worst]!]
}

export const ok = (about: Finding['about'], says: string): Finding => ({ about, level: 'ok', says })
export const note = (about: Finding['about'], says: string): Finding => ({ about, level: 'note', says })

export const missing = (about: Finding['about'], says: string, expected: string, next: string): Finding => ({
  ...{ about, level: 'missing', says, expected, next },
})

export const wrong = (about: Finding['about'], says: string, expected: string, next: string): Finding => ({
  ...{ about, level: 'wrong', says, expected, next },
})

export const unanswered = (about: Finding['about'], says: string, next: string): Finding => ({
  ...{ about, level: 'unanswered', says, expected: 'an answer', next },
})
