/**
 * What is used of the package `oracledb`.
 * @module
 */
import { driverOf } from '../common/driver.ts'

export interface OracleConnection {
  /** Milliseconds for one round trip, after which the driver tells the server to stop. 0: no limit. */
  callTimeout: number
  /** Encrypted with the key of the session, within the protocol: not a statement. */
  changePassword(user: string, password: string, newPassword: string): Promise<void>
  execute(
    statement: string,
    binds: Readonly<Record<string, string>>,
    options: { readonly outFormat: number },
  ): Promise<{ readonly rows?: readonly unknown[] | undefined }>
  rollback(): Promise<void>
  close(): Promise<void>
}

export interface OracleDriver {
  readonly OUT_FORMAT_OBJECT: number
  getConnection(attributes: {
    readonly user: string
    readonly password: string
    readonly connectString: string
    /** Seconds. */
    readonly connectTimeout: number
    readonly transportConnectTimeout: number
    readonly retryCount: number
    readonly sslServerDNMatch: boolean
    readonly walletContent?: string
  }): Promise<OracleConnection>
}

export const driver = (): Promise<OracleDriver> =>
  driverOf('Oracle', 'oracledb', async () => (await import('oracledb')).default as OracleDriver)
