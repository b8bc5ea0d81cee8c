import { simulationSuite } from './common/suite.ts'
import { gcp } from './gcp/simulate.ts'

simulationSuite(gcp('alias'))
simulationSuite(gcp('latest'))
