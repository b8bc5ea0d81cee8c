// The stores that are services, each over its real adapter and our fake.

import { aws } from './aws/simulate.ts'
import { azure } from './azure/simulate.ts'
import type { Simulated } from './common/simulate.ts'
import { modes } from './gcp/cells.ts'
import { gcp } from './gcp/simulate.ts'

export const simulatedStores: readonly Simulated[] = [aws, ...modes.map(gcp), azure]
