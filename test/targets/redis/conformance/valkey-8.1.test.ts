import { conformanceOf } from './suite.ts'

await conformanceOf('valkey-8.1')
