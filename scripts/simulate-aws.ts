/**
 * The AWS cells of `npm run simulate`, in a thread of its own beside the cells in memory.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { full, short, simulateOnAws } from '../test/simulation/aws/simulate.ts'

const { quick } = workerData as { quick: boolean }
const result = await simulateOnAws(quick ? short : full, line => parentPort?.postMessage({ line }))
parentPort?.postMessage({ result })
