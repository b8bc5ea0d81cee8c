/**
 * Rotations that Lockstep drives itself, as its command line does, with the secret in Secrets Manager: calls, counted.
 * @module
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { retire } from '../../core/rotation/retire.ts'
import { rotate } from '../../core/rotation/rotate.ts'
import type { RotationRequest, RotationResult, RotationSetup } from '../../core/rotation/setup.ts'
import { ADMIN, type Cloud } from '../../demo/aws/cloud.ts'
import { openWorkspace } from '../../demo/playground.ts'
import { byHand } from '../../demo/request.ts'
import { DAY, SkippingClock } from '../../test/torture/ask.ts'
import { type Strategy, strategies } from '../arena.ts'
import { type Result, result } from '../result.ts'
import { countCalls } from './calls.ts'

/** The first ones mark the logins. */
const ROTATIONS = 4
const never = new AbortController().signal

export async function countSelfDriven(cloud: Cloud): Promise<Result[]> {
  // where the SDK looks for them
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) process.env[name] ??= 'test'
  for (const strategy of strategies) await cloud.makeSecret(nameOf(strategy), strategy, { byService: false })
  await cloud.makeClone(nameOf('alternating-users'))
  const file = path.join(path.dirname(cloud.server.dataFolder), 'lockstep.yml')
  writeFileSync(file, configText(cloud))
  const clock = new SkippingClock()
  const workspace = openWorkspace(file, clock)
  try {
    const results: Result[] = []
    for (const strategy of strategies)
      results.push(...(await counted(cloud, clock, strategy, await workspace.setup(nameOf(strategy)))))
    return results
  } finally {
    await workspace.close()
  }
}

async function counted(
  cloud: Cloud,
  clock: SkippingClock,
  strategy: Strategy,
  setup: RotationSetup,
): Promise<Result[]> {
  const results: Result[] = []
  const name = `aws (fake), ${strategy}, without a function: calls per`
  const ask = (what: typeof rotate | typeof retire, wanted: RotationResult['outcome']) =>
    countCalls(cloud.fake, async () => {
      const { outcome } = await what(setup, request(clock), never)
      if (outcome !== wanted) throw new Error(`Expected ${wanted}, got ${outcome}.`)
    })
  for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
    clock.offset += 2 * DAY
    const { calls, operations } = await ask(rotate, 'rotated')
    if (rotation === ROTATIONS) results.push(result(`${name} rotation`, calls, operations))
    if (setup.target.overlap === 'gap') continue
    clock.offset += 2 * DAY
    const retired = await ask(retire, 'retired')
    if (rotation === ROTATIONS) results.push(result(`${name} retirement`, retired.calls, retired.operations))
  }
  return results
}

const request = (clock: SkippingClock): RotationRequest => byHand({ deadline: clock.now() + 60_000 })

const nameOf = (strategy: Strategy): string => `self_${strategy}`

const configText = ({ fake, server }: Cloud): string => `version: 1
stores:
  cloud: { kind: aws, region: ${fake.region}, endpoint: '${fake.endpoint}' }
audit: [{ kind: file, file: audit.jsonl }]
defaults: { interval: never, grace: 1d }
secrets:
${strategies.map(strategy => secretText(strategy, `{ host: ${server.host}, port: ${server.port}, database: postgres }`)).join('')}`

const secretText = (strategy: Strategy, endpoint: string): string => `  ${nameOf(strategy)}:
    strategy: ${strategy}
    consumers: [{ kind: other, name: clients, refresh: 5m }]
    target:
      kind: postgres
      endpoints: [${endpoint}]
      tls: { mode: disable } # loopback only
${strategy === 'single-user' ? '' : `      admin: { id: ${ADMIN} }\n    users: [${nameOf(strategy)}, ${nameOf(strategy)}_clone]\n`}`
