/**
 * `npm run torture -- --kills 1000 [--seed N] [--json]`: real workers killed with SIGKILL at random moments, against real
 * PostgreSQL, or with `--engine` another server, and the local store. With `--cloud aws`: the rotation function of AWS under
 * Lambda's runtime client, and a fake of Secrets Manager. Exit codes: 0 every promise was kept, 1 one was broken or it could not run, 2 usage.
 * @module
 */
import { parseArgs } from 'node:util'
import { tortureAws } from './aws/torture.ts'
import { awsInWords, tellAws } from './aws/words.ts'
import { groundEngines } from './grounds/ground.ts'
import type { Episode } from './lane.ts'
import { isBroken, promises, type Tortured, torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    json: { type: 'boolean', default: false },
    cloud: { type: 'string' },
    engine: { type: 'string' },
  },
})
const engine = groundEngines.find(each => each === values.engine)
const [kills, seed] = [Number(values.kills), Number(values.seed)]
if (
  !Number.isSafeInteger(kills) ||
  kills < 1 ||
  !Number.isSafeInteger(seed) ||
  ![undefined, 'aws'].includes(values.cloud) ||
  (values.engine !== undefined && (values.cloud !== undefined || !engine))
) {
  process.stderr.write(
    `usage: torture [--cloud aws | --engine ${groundEngines.join('|')}] [--kills N] [--seed N] [--json]\n`,
  )
  process.exit(2)
}

process.stderr.write(`seed ${seed}\n`)
const ran = values.cloud === 'aws' ? await onAws() : await locally()
if (!ran) process.exit(1)
process.stdout.write(values.json ? `${JSON.stringify(ran.result)}\n` : ran.words)
process.exitCode = isBroken(ran.result) || ran.result.kills < kills ? 1 : 0

async function locally() {
  const result = await torture({ ...(engine && { engine }), kills, seed }, tell)
  return result && { result, words: inWords(result) }
}

async function onAws() {
  const result = await tortureAws({ kills, seed }, (episode, done) => tellAws(episode, done, kills))
  return result && { result, words: awsInWords(result) }
}

function tell({ secret, operation, kills: killed, breaches }: Episode, done: number): void {
  const when = killed.map(({ afterMs, moment }) => `after ${afterMs} ms (${moment})`).join(', ')
  for (const { promise, words } of breaches)
    process.stderr.write(`BROKEN ${promise}: ${secret} ${operation}, killed ${when}: ${words}\n`)
  if (process.stderr.isTTY) process.stderr.write(`\r${done} kills\x1b[K${done >= kills ? '\n' : ''}`)
}

function inWords(tortured: Tortured): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  const broken = promises.map(promise => `  ${promise.padEnd(16)}${tortured[promise]}`).join('\n')
  return `${tortured.kills} workers killed in ${tortured.seconds} s, seed ${tortured.seed}
${broken}
  in the middle of ${list(tortured.operations)}
  found it         ${list(tortured.moments)}
  reruns killed    ${tortured.killedAgain}
  reruns at most   ${tortured.mostReruns}
`
}
