import { conformanceOn } from './conformance.ts'

await conformanceOn('10.5')
