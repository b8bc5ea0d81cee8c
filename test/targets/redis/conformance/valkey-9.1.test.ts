import { conformanceOf } from './suite.ts'

await conformanceOf('valkey-9.1')
