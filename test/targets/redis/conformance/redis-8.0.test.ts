import { conformanceOf } from './suite.ts'

await conformanceOf('redis-8.0')
