/**
 * Writes `docs/crash-matrix.md`: plays every cell of every store that is a service, and looks for every planted bug. Takes about half an
 * hour. Run it after a change of an adapter or of what is simulated. A broken promise, or a bug that is not found: exit code 1.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { MATRIX, matrixPage } from '../test/simulation/matrix.ts'
import { simulateStores } from './simulate-store.ts'

const simulations = await simulateStores('full', line => void process.stdout.write(`${line}\n`))
writeFileSync(MATRIX, matrixPage(simulations))
const broken = simulations.some(({ violations, planted }) => violations > 0 || planted.some(({ found }) => !found))
process.exitCode = broken ? 1 : 0
