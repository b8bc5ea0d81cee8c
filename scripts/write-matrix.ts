/**
 * Writes `docs/crash-matrix.md`: plays every cell of every store that is a service and every part about a leader and followers, and looks for
 * every planted bug. Takes about half an hour; `regions`: only the leader and followers, some minutes, the rest stays as it is. Run it
 * after a change of an adapter or of what is simulated. A broken promise, or a bug that is not found: exit code 1.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { MATRIX, matrixPage, published } from '../test/simulation/matrix.ts'
import { regionsSection } from '../test/simulation/regions-matrix.ts'
import { simulateRegionsInThread } from './simulate-regions.ts'
import { simulateStores } from './simulate-store.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const onlyRegions = process.argv[2] === 'regions'

const simulations = onlyRegions ? published(readFileSync(MATRIX, 'utf8')) : await simulateStores('full', say)
const regions = await simulateRegionsInThread('full', say)
writeFileSync(MATRIX, `${matrixPage(simulations)}\n${regionsSection(regions)}`)
for (const { promise, what, scenario, schedule } of regions.findings)
  say(`BROKEN ${promise}: ${what} (${scenario}: ${schedule})`)
const broken = [...(onlyRegions ? [] : simulations), regions].some(
  ({ violations, planted }) => violations > 0 || planted.some(({ found }) => !found),
)
process.exitCode = broken ? 1 : 0
