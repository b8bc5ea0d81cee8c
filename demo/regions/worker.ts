/**
 * Lockstep in one region: wired from its own `lockstep.yml` as the command line wires it. What has no network of its own, the file
 * of the data centre, is held up by as much as the others are.
 * @module
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Workspace } from '../../cli/compose.ts'
import type { OpenStore } from '../../cli/stores.ts'
import { loadConfig } from '../../core/config/load.ts'
import type { RotationSetup } from '../../core/rotation/setup.ts'
import { type RegionName, SECRET } from './config.ts'
import { LATENCY_MS, quickened } from './timing.ts'

export class Worker extends Workspace {
  readonly region: RegionName

  constructor(region: RegionName, configFile: string) {
    super(loadConfig(readFileSync(configFile, 'utf8'), { fileName: configFile }))
    this.region = region
  }

  /** For whoever leads, unless another member is named. */
  async orders(member?: RegionName): Promise<RotationSetup> {
    return quickened(await this.setup(SECRET, member))
  }

  override async store(name: string, create = false): Promise<OpenStore> {
    const store = await super.store(name, create)
    return name === 'dc' ? faraway(store) : store
  }
}

const faraway = (store: OpenStore): OpenStore =>
  new Proxy(store, {
    get(inner, property) {
      const member = Reflect.get(inner, property, inner) as unknown
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        await sleep(LATENCY_MS)
        return member.apply(inner, args)
      }
    },
  })
