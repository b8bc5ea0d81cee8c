import { conformanceOn } from './conformance.ts'

await conformanceOn('11.8')
