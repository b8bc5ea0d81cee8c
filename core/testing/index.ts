/**
 * For whoever writes a store or a target: the conformance suites, ports in memory, and the crash simulator.
 * @module
 */
export type { ConformanceCase } from './conformance.ts'
export {
  type IssuingFixture,
  issuingTargetConformance,
} from './issuing-target-conformance.ts'
export { MemoryStore } from './memory-store.ts'
export { MemoryIssuer, MemoryServer, MemoryTarget } from './memory-target.ts'
export {
  type HeldRegister,
  type RegisterConformanceOptions,
  type RegisterFeature,
  type RegisterFixture,
  registerConformance,
} from './register-conformance.ts'
export { registerIn, registerOver } from './register-conformance-fixture.ts'
export {
  type ConsumerSession,
  type SettableConformanceOptions,
  type SettableFixture,
  settableTargetConformance,
} from './settable-target-conformance.ts'
export { type SimulationOptions, type SimulationResult, simulate } from './simulation/simulate.ts'
export {
  type StoreCase,
  type StoreConformanceOptions,
  type StoreFeature,
  type StoreFixture,
  storeConformance,
} from './store-conformance.ts'
