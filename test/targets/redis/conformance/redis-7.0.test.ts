import { conformanceOf } from './suite.ts'

await conformanceOf('redis-7.0')
