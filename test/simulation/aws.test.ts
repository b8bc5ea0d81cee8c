import { aws } from './aws/simulate.ts'
import { simulationSuite } from './common/suite.ts'

simulationSuite(aws)
