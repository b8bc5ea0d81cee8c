/**
 * What an Oracle target is made from. The configuration's schema produces it; names here are those of `lockstep.yml`.
 * @module
 */
import type { Duration, Instant } from '../../ports/clock.ts'
import type { Credential } from '../../secret/credential.ts'
import type { Endpoint as CommonEndpoint, TlsOptions } from '../common/endpoint.ts'
import type { OracleDriver } from './driver.ts'

export type { TlsOptions } from '../common/endpoint.ts'

/** 1521 if the port is left out. A reader is a standby of Data Guard. */
export interface Endpoint extends CommonEndpoint {
  /** The name of the service, as the listener knows it. */
  readonly service: string
}

export interface OracleTargetOptions {
  readonly strategy: 'dual-password'
  readonly endpoints: readonly Endpoint[]
  /**
   * `ca` is a PEM wallet: the driver takes the certificate and the key of a client from it too, and none without them. It always
   * verifies the chain, so there is no `require`; and a name that is not the host's is out of its reach, so no `servername`.
   */
  readonly tls: TlsOptions
  /** How long consumers may keep using the previous password: the rollover must not end before. */
  readonly grace?: Duration | undefined
  /** Statements that the application must be able to run; rolled back afterwards. */
  readonly probes?: readonly string[] | undefined
  /** Fetched when needed only: for `force`, and for what the login cannot see or do itself. */
  readonly admin?: (() => Promise<Credential>) | undefined
  /** A login has no place where it could stand, so it is not left there. */
  readonly owner: string
  readonly adopt?: boolean | undefined
  /** Milliseconds for one connection; 10,000 if left out. */
  readonly connectTimeout?: number | undefined
}

export interface OracleDeps {
  now(): Instant
  /** The package `oracledb` if left out. */
  readonly driver?: (() => Promise<OracleDriver>) | undefined
}

/** What every part of the target is handed. */
export interface Context extends OracleTargetOptions, OracleDeps {}
