/**
 * A worker that never gets from `set` to `finish`: it tells its parent that the password is at the server, and hangs there
 * until it is killed. Started by the scene of the killed worker.
 * @module
 */
import type { SettableTarget } from '../core/ports/rotation-target.ts'
import { openWorkspace, quickSetup } from './playground.ts'
import { rotateWhenAllowed } from './request.ts'

const [configFile, secret] = process.argv.slice(2)
const setup = await quickSetup(openWorkspace(configFile!), secret!)
const target = setup.target as SettableTarget
const hanging: SettableTarget = {
  ...target,
  async set(change, call) {
    await target.set(change, call)
    process.send!('set')
    await new Promise(() => {})
  },
}
process.on('disconnect', () => process.exit())
await rotateWhenAllowed({ ...setup, target: hanging })
