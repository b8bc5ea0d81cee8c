/**
 * What the fakes of federation share: who issues tokens, and which trusts the clouds were told to have. RS256, as all three sign.
 */
import { createPublicKey, createSign, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto'

export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly exp: number
  readonly iat: number
}

/** One of each cloud; a token of another key is nobody's. */
export class Issuer {
  readonly url: string
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  constructor(url: string) {
    this.url = url
  }

  sign(claims: Claims & Readonly<Record<string, unknown>>): string {
    const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'one' })}.${encode(claims)}`
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.#key, 'base64url')}`
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.#key)
  }
}

/** A trust of one cloud in a token of another. */
export interface Trust {
  issuer: string
  audience: string
  subject: string
}

export type Verdict = Claims | 'malformed' | 'signature' | 'issuer' | 'audience' | 'subject' | 'expired'

export const SUBJECTS = {
  aws: 'arn:aws:iam::111122223333:role/rotator',
  gcp: '112233445566778899001',
  azure: '6b6d0e5c-0000-4000-8000-00000000abcd',
} as const

export class World {
  readonly now: () => number
  readonly issuers = {
    aws: new Issuer('https://abc123-def456.tokens.sts.global.api.aws'),
    gcp: new Issuer('https://accounts.google.com'),
    azure: new Issuer('https://sts.windows.net/22222222-2222-2222-2222-222222222222/'),
  }
  /** Every token that any of the fakes gave out: none may be seen anywhere else. */
  readonly tokens: string[] = []
  /** Seconds that whoever verifies is ahead of whoever signs. */
  ahead = 0

  constructor(now: () => number) {
    this.now = now
  }

  /** Seconds. */
  get seconds(): number {
    return Math.floor(this.now() / 1000)
  }

  /** A token of the workload on this cloud. */
  token(cloud: keyof World['issuers'], aud: string, lifetime: number, sub: string = SUBJECTS[cloud]): string {
    const issuer = this.issuers[cloud]
    const iat = this.seconds
    return this.keep(
      issuer.sign({ iss: issuer.url, sub, aud, iat, exp: iat + lifetime, jti: String(this.tokens.length) }),
    )
  }

  /** Something that opens a door: searched for later. */
  keep(secret: string): string {
    this.tokens.push(secret)
    return secret
  }

  judge(token: string, trust: Trust): Verdict {
    const [header, payload, signature] = token.split('.')
    if (signature === undefined) return 'malformed'
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as Claims
    if (claims.iss !== trust.issuer) return 'issuer'
    const issuer = Object.values(this.issuers).find(({ url }) => url === claims.iss)
    const good =
      issuer &&
      createVerify('RSA-SHA256').update(`${header}.${payload}`).verify(issuer.publicKey, signature, 'base64url')
    if (!good) return 'signature'
    if (claims.exp <= this.seconds + this.ahead) return 'expired'
    if (claims.aud !== trust.audience) return 'audience'
    return claims.sub === trust.subject ? claims : 'subject'
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
