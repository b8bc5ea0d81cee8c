/**
 * What every scene uses: the wired secrets, the clients, and a look at what the store and the server say.
 * @module
 */
import type { VersionId } from '../core/ports/secret-store.ts'
import type { RotationSetup } from '../core/rotation/setup.ts'
import { type FingerprintKey, fingerprint } from '../core/secret/fingerprint.ts'
import type { SecretValue } from '../core/secret/secret-value.ts'
import { accepts } from './accepts.ts'
import { Fleet } from './fleet.ts'
import { type Playground, quickSetup, storeCall } from './playground.ts'

export class Stage {
  readonly playground: Playground
  readonly fleet: Fleet
  readonly #fingerprintKey: FingerprintKey

  constructor(playground: Playground) {
    this.playground = playground
    this.fleet = new Fleet({ configFile: playground.configFile })
    this.#fingerprintKey = playground.workspace.fingerprintKey!
  }

  setup(secret: string): Promise<RotationSetup> {
    return quickSetup(this.playground.workspace, secret)
  }

  /** What the store says of a secret, with the values of its stages. */
  async look(setup: RotationSetup): Promise<Look> {
    const { store, id } = setup
    const state = (await store.describe(id, storeCall()))!
    const value = async (version: VersionId) => {
      const found = await store.read(id, version, storeCall())
      return found?.value as SecretValue
    }
    const pending = state.pending && (await store.read(id, { pending: state.pending.rotation }, storeCall()))
    return {
      current: await value(state.current.version),
      currentRotation: state.current.rotation,
      previous: state.previous && (await value(state.previous.version)),
      pending: pending && (pending.value as SecretValue),
      pendingRotation: state.pending?.rotation,
    }
  }

  fingerprint(setup: RotationSetup, value: SecretValue): string {
    return fingerprint(this.#fingerprintKey, setup.secret, value)
  }

  async login(setup: RotationSetup, value: SecretValue): Promise<'accepted' | 'refused'> {
    return (await accepts(this.playground.server, setup.shape.read(value))) ? 'accepted' : 'refused'
  }

  async close(): Promise<void> {
    this.fleet.stop()
    await this.playground.close()
  }
}

export interface Look {
  readonly current: SecretValue
  readonly currentRotation: string | undefined
  readonly previous: SecretValue | undefined
  readonly pending: SecretValue | undefined
  readonly pendingRotation: string | undefined
}
