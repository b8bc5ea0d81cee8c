/**
 * A consumer that reads what is current, with the real SDK, and logs in with it, all the time.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { REFUSED } from '../../../demo/client.ts'
import { loginOf } from '../../aws/bundle-run.ts'
import type { Postgres } from '../../stand/postgres.ts'

export interface Attempt {
  readonly version: string
  /** Of the reading, and of the login's end, in milliseconds. */
  readonly from: number
  readonly to: number
  readonly refused: boolean
}

const PAUSE_MS = 25

export class Consumer {
  readonly attempts: Attempt[] = []
  readonly #client: SecretsManagerClient
  readonly #server: Postgres
  readonly #secret: string
  readonly #ended: Promise<void>
  #stopping = false

  constructor(client: SecretsManagerClient, server: Postgres, secret: string) {
    this.#client = client
    this.#server = server
    this.#secret = secret
    this.#ended = this.#run()
    this.#ended.catch(() => {}) // told by stop()
  }

  /** When the attempt under way has ended. */
  async stop(): Promise<readonly Attempt[]> {
    this.#stopping = true
    await this.#ended
    return this.attempts
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.attempts.push(await this.#attempt())
      await sleep(PAUSE_MS)
    }
  }

  async #attempt(): Promise<Attempt> {
    const from = performance.now()
    const read = new GetSecretValueCommand({ SecretId: this.#secret, VersionStage: 'AWSCURRENT' })
    const { VersionId: version, SecretString } = await this.#client.send(read)
    const refused = !(await accepts(this.#server, SecretString!))
    return { version: version!, from, to: performance.now(), refused }
  }
}

/** A login as any client makes it. Anything but a refused password throws. */
export async function accepts(server: Postgres, value: string): Promise<boolean> {
  const { username, password, dbname } = loginOf(value) as ReturnType<typeof loginOf> & { dbname?: string }
  try {
    const client = await server.connect(username, password, dbname)
    await client.end()
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === REFUSED) return false
    throw error
  }
}

/** From the first refused login to the end of the next one that was not, at most. */
export function longestGap(attempts: readonly Attempt[]): number {
  let longest = 0
  let began: number | undefined
  for (const { from, to, refused } of attempts) {
    if (refused) began ??= from
    else if (began !== undefined) {
      longest = Math.max(longest, to - began)
      began = undefined
    }
  }
  return longest
}
