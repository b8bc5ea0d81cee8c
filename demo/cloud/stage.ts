/**
 * What every scene on a cloud uses: server, store, clients, and what both say.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { type FingerprintKey, fingerprint } from '../../core/secret/fingerprint.ts'
import { SecretValue } from '../../core/secret/secret-value.ts'
import { type Postgres, startPostgres } from '../../test/stand/postgres.ts'
import { requireServer } from '../../test/stand/stand.ts'
import { SkippingClock } from '../../test/torture/ask.ts'
import { accepts } from '../accepts.ts'
import { Fleet } from '../fleet.ts'
import type { StoredLogin } from '../reading.ts'
import { type Driven, openDriven } from './driven.ts'
import { configText, type Member, makeLogins } from './logins.ts'
import type { Site } from './site.ts'
import { type Timing, timingWith } from './timing.ts'

export interface CloudOptions {
  /** How long consumers may be shown the version before, and the configuration says so. */
  readonly lag: number
  readonly members: readonly Member[]
  readonly conf?: Readonly<Record<string, string | number>>
}

export class CloudStage<S extends Site = Site> {
  readonly site: S
  readonly server: Postgres
  readonly clock: SkippingClock
  readonly timing: Timing
  readonly driven: Driven
  readonly configText: string
  #fleet: Fleet | undefined
  readonly #fingerprintKey: FingerprintKey = { key: SecretValue.of(randomBytes(32).toString('hex')) }

  private constructor(parts: Pick<CloudStage<S>, 'site' | 'server' | 'clock' | 'timing' | 'driven' | 'configText'>) {
    this.site = parts.site
    this.server = parts.server
    this.clock = parts.clock
    this.timing = parts.timing
    this.driven = parts.driven
    this.configText = parts.configText
  }

  /** A process of its own, from the first use on. */
  get fleet(): Fleet {
    this.#fleet ??= new Fleet(this.site.source)
    return this.#fleet
  }

  /** Undefined (said on stderr): this machine cannot run the server. */
  static async open<S extends Site>(
    openSite: (clock: SkippingClock) => Promise<S>,
    { lag, members, conf }: CloudOptions,
  ): Promise<CloudStage<S> | undefined> {
    const server = requireServer(await startPostgres(conf && { conf }))
    if (!server) return undefined
    const clock = new SkippingClock()
    const timing = timingWith(lag)
    const site = await openSite(clock)
    await makeLogins(server, site, members)
    const text = configText(server, site, members, timing)
    const driven = await openDriven(text, site.ca, clock)
    await sleep(lag) // what is older than the secrets themselves is shown to nobody
    return new CloudStage({ site, server, clock, timing, driven, configText: text })
  }

  setup(secret: string): Promise<RotationSetup> {
    return this.driven.setup(secret, this.timing.runLife)
  }

  /** Equal for equal values. */
  fingerprint(secret: string, text: string): string {
    return fingerprint(this.#fingerprintKey, secret, SecretValue.of(text))
  }

  async login(text: string): Promise<'accepted' | 'refused'> {
    const { username, password } = loginIn(text)
    const accepted = await accepts(this.server, { username, password: SecretValue.of(password) })
    return accepted ? 'accepted' : 'refused'
  }

  async close(): Promise<void> {
    this.#fleet?.stop()
    await this.driven.close()
    await this.site.close()
    await this.server.stop()
  }
}

export const loginIn = (text: string): StoredLogin => JSON.parse(text) as StoredLogin
