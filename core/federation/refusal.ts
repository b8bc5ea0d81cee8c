/**
 * A sign-in from one cloud to another that failed: which of its two legs, and what of the trust to look at. Tokens and what services
 * say of them are never a part of it: they quote what they were sent.
 * @module
 */
import { type ErrorDetail, RotationError } from '../errors.ts'
import type { Cloud } from '../ports/web-identity.ts'

export const cloudNames: Readonly<Record<Cloud, string>> = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' }

export interface Direction {
  readonly from: Cloud
  readonly to: Cloud
}

/** The section of the page that sets the trust up. */
export const setUp = ({ from, to }: Direction): string =>
  `docs/federation.md, "From ${cloudNames[from]} to ${cloudNames[to]}"`

/** What the trust at the other cloud is about, as far as its refusal tells. */
const conditions = {
  issuer: 'no trust there names its issuer',
  audience: 'the trust there names another audience',
  subject: 'the trust there names another subject',
  expired: 'it has expired, or the clocks differ',
  signature: 'its signature could not be verified',
  absent: 'what is to be signed in to does not exist there, or is disabled',
  any: 'issuer, audience or subject is not the one that the trust there names',
  impersonation: 'it was taken, but its principal may not act as the service account',
} as const

export type Condition = keyof typeof conditions

const remedies: Partial<Record<Condition, string>> = {
  expired: 'Set the clock of this machine by NTP, then run it again.',
  impersonation: 'Grant roles/iam.workloadIdentityUser on the service account to the principal of the token.',
}

/** The second leg: the other cloud takes the token, or does not. */
export function exchangeRefused(
  direction: Direction,
  condition: Condition,
  { at, foreign }: Pick<ErrorDetail, 'at' | 'foreign'> = {},
): RotationError {
  const { from, to } = direction
  const message = `Sign-in from ${cloudNames[from]}: ${cloudNames[to]} refused the token: ${conditions[condition]}.`
  const compare =
    remedies[condition] ?? 'Compare the issuer, audience and subject of the trust with what is written down.'
  return new RotationError('access-denied', message, { at, foreign, next: `${compare} See ${setUp(direction)}.` })
}

export function exchangeUnanswered({ from, to }: Direction, { at, foreign }: Pick<ErrorDetail, 'at' | 'foreign'>) {
  const message = `Sign-in from ${cloudNames[from]}: the token service of ${cloudNames[to]} did not answer.`
  return new RotationError('store-unavailable', message, { at, foreign, next: 'Check the network, then run it again.' })
}

/** The first leg: the own cloud gives a token, or does not. */
export const tokenRefused = (from: Cloud, why: string, next: string, foreign?: string): RotationError =>
  new RotationError('access-denied', `${cloudNames[from]} gave no token: ${why}.`, { next, foreign })

export const tokenUnanswered = (from: Cloud, who: string, foreign?: string): RotationError =>
  new RotationError('store-unavailable', `${cloudNames[from]} gave no token: ${who} did not answer.`, {
    next: 'Run it where that cloud gives its workloads an identity; then run it again.',
    foreign,
  })

/** The first leg's failure, told of the sign-in that it was for. */
export function noToken(error: RotationError, direction: Direction): RotationError {
  const { code, message, at, next, foreign } = error
  const whole = `Sign-in to ${cloudNames[direction.to]}: ${message}`
  return new RotationError(code, whole, { at, foreign, next: `${next} See ${setUp(direction)}.` })
}
