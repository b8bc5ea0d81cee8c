import { azure } from './azure/simulate.ts'
import { simulationSuite } from './common/suite.ts'

simulationSuite(azure)
