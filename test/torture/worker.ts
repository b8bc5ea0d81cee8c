/**
 * A worker that is going to be killed: loads everything, says so, does what it is asked. Bundled before it is started, because a
 * thousand of them are.
 * @module
 */
import { openWorkspace } from '../../demo/playground.ts'
import { type Ask, perform, SkippingClock, tortureSetup } from './ask.ts'

export interface Order {
  readonly secret: string
  readonly ask: Ask
  readonly offset: number
}
export type Message = 'ready' | 'begun' | 'done'

const tell = (message: Message) => process.send!(message)
const clock = new SkippingClock()
const workspace = openWorkspace(process.argv[2]!, clock)

process.on('disconnect', () => process.exit())
process.on('message', async ({ secret, ask, offset }: Order) => {
  clock.offset = offset
  const setup = setups.get(secret)!
  tell('begun')
  await perform(setup, ask).catch(() => {}) // a run that fails is on record, and the rerun shows why
  tell('done')
})

const names = [...workspace.config.secrets.keys()]
const setups = new Map(await Promise.all(names.map(async name => [name, await tortureSetup(workspace, name)] as const)))
const drivers: Readonly<Record<string, () => Promise<unknown>>> = {
  postgres: () => import('pg'),
  mysql: () => import('mysql2'),
  mariadb: () => import('mysql2'),
  redis: () => import('@redis/client'),
}
// the target's first connection would load it
for (const { target } of workspace.config.secrets.values()) await drivers[target.kind]?.()
tell('ready')
