/**
 * For drivers that keep the login they were made with: a new client for each credential, and the old one closed when its last
 * user is done.
 * @module
 */
import { ClientError } from '../client-error.ts'
import type { SecretCredential } from '../credential.ts'
import type { Login } from '../log-in.ts'
import type { Secrets, WithCredentialOptions } from '../secrets.ts'

export interface Kind<Client> {
  /** Logs in, or makes what will. */
  open(credential: SecretCredential): Promise<Client>
  close(client: Client): Promise<void>
}

interface Generation<Client> {
  readonly credential: SecretCredential
  readonly client: Promise<Client>
  users: number
  retired: boolean
}

export class Generations<Client> {
  readonly #secrets: Secrets
  readonly #name: string
  readonly #kind: Kind<Client>
  readonly #generations = new Map<string, Generation<Client>>()
  readonly #closings = new Set<Promise<void>>()
  readonly #stop: () => void
  #closed = false

  constructor(secrets: Secrets, name: string, kind: Kind<Client>) {
    this.#secrets = secrets
    this.#name = name
    this.#kind = kind
    // A rotation is noticed also when nobody asks; the next user makes the new client.
    this.#stop = secrets.onRotate(name, () => {})
  }

  /** Runs `work` with a client of the credential that works. */
  use<T>(work: (client: Client, login: Login) => Promise<T>, options: WithCredentialOptions): Promise<T> {
    return this.#secrets.withCredential(
      this.#name,
      async (credential, login) => {
        if (this.#closed) throw new ClientError('aborted', 'The pool was closed.', { secret: this.#name })
        const generation = this.#of(credential)
        generation.users++
        try {
          const result = await work(await this.#opened(generation), login)
          this.#retireOthers(generation).catch(() => {})
          return result
        } finally {
          generation.users--
          this.#closeIfDone(generation)
        }
      },
      options,
    )
  }

  /** Waits until nobody uses any. */
  async close(): Promise<void> {
    this.#stop()
    this.#closed = true
    for (const generation of this.#generations.values()) this.#retire(generation)
    await Promise.all(this.#closings)
  }

  #of(credential: SecretCredential): Generation<Client> {
    const known = this.#generations.get(credential.version)
    if (known !== undefined) return known
    const generation = { credential, client: this.#kind.open(credential), users: 0, retired: false }
    this.#generations.set(credential.version, generation)
    return generation
  }

  async #opened(generation: Generation<Client>): Promise<Client> {
    try {
      return await generation.client
    } catch (error) {
      this.#generations.delete(generation.credential.version)
      throw error
    }
  }

  /** When current works, nothing else is needed; when previous helps out, only these two are. */
  async #retireOthers(working: Generation<Client>): Promise<void> {
    if (this.#generations.size === 1) return
    const current = await this.#secrets.get(this.#name)
    for (const generation of this.#generations.values())
      if (generation !== working && generation.credential.version !== current.version) this.#retire(generation)
  }

  #retire(generation: Generation<Client>): void {
    this.#generations.delete(generation.credential.version)
    generation.retired = true
    this.#closeIfDone(generation)
  }

  #closeIfDone(generation: Generation<Client>): void {
    if (!generation.retired || generation.users > 0) return
    generation.retired = false
    const closing: Promise<void> = generation.client
      .then(client => this.#kind.close(client))
      .catch(() => {})
      .finally(() => this.#closings.delete(closing))
    this.#closings.add(closing)
  }
}
