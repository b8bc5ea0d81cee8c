/** The server's side of SCRAM (RFC 5802), with MongoDB's digest of the password for SCRAM-SHA-1. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { saslprep } from '@mongodb-js/saslprep'

export type Mechanism = 'SCRAM-SHA-1' | 'SCRAM-SHA-256'

export interface Conversation {
  readonly user: string
  readonly serverFirst: string
  /** The server's last message, or undefined if the proof is wrong. */
  finish(clientFinal: string): string | undefined
}

const ITERATIONS = 4096

/** Name and nonce that a client sends first: `n,,n=user,r=nonce`. */
export function openingOf(clientFirst: string): {
  readonly user: string
  readonly bare: string
  readonly nonce: string
} {
  const [, user, nonce] = /^n,,n=([^,]*),r=(.*)$/.exec(clientFirst)!
  return { user: user!.replaceAll('=2C', ',').replaceAll('=3D', '='), bare: clientFirst.slice(3), nonce: nonce! }
}

export function converse(clientFirst: string, mechanism: Mechanism, password: string): Conversation {
  const { user, bare, nonce } = openingOf(clientFirst)
  const hash = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256'
  const salt = randomBytes(16)
  const combined = nonce + randomBytes(18).toString('base64')
  const serverFirst = `r=${combined},s=${salt.toString('base64')},i=${ITERATIONS}`
  const secret =
    hash === 'sha1' ? createHash('md5').update(`${user}:mongo:${password}`).digest('hex') : saslprep(password)
  return {
    user,
    serverFirst,
    finish(clientFinal) {
      const [, withoutProof, proof] = /^(.*),p=(.*)$/.exec(clientFinal)!
      if (!withoutProof!.endsWith(`r=${combined}`)) return undefined
      const salted = pbkdf2Sync(secret, salt, ITERATIONS, hash === 'sha1' ? 20 : 32, hash)
      const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
      const storedKey = createHash(hash).update(hmac(salted, 'Client Key')).digest()
      const message = [bare, serverFirst, withoutProof].join(',')
      const signature = hmac(storedKey, message)
      const clientKey = Buffer.from(proof!, 'base64').map((byte, i) => byte ^ signature[i]!)
      if (!timingSafeEqual(createHash(hash).update(clientKey).digest(), storedKey)) return undefined
      return `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`
    },
  }
}
