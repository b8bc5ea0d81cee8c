/** PostgreSQL: the playground of the demo. */
import type { Clock } from '../../../core/ports/clock.ts'
import type { Credential } from '../../../core/secret/credential.ts'
import { accepts } from '../../../demo/accepts.ts'
import { openPlayground } from '../../../demo/playground.ts'
import { timing } from '../ask.ts'
import type { Ground } from './ground.ts'

const secrets = [
  { name: 'single1', strategy: 'single-user' },
  { name: 'single2', strategy: 'single-user' },
  { name: 'pair1', strategy: 'alternating-users' },
  { name: 'pair2', strategy: 'alternating-users' },
] as const

export async function open(clock: Clock): Promise<Ground | undefined> {
  const playground = await openPlayground(secrets, timing, { clock })
  if (!playground) return undefined
  const { server, workspace, configFile, close } = playground
  const names = secrets.map(({ name }) => name)
  const asAnyClient = (credential: Credential) => accepts(server, credential)
  return { workspace, configFile, secrets: names, firstCeiling: 150, accepts: asAnyClient, close }
}
