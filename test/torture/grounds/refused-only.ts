/** A login at MySQL or MariaDB. */
import type { Connection } from 'mysql2/promise'
import type { Credential } from '../../../core/secret/credential.ts'

/** Refused because of the password. */
const ACCESS_DENIED = 1045

export const refusedOnly =
  (server: { connect(user: string, password: string): Promise<Connection> }) =>
  async ({ username, password }: Credential): Promise<boolean> => {
    try {
      await (await server.connect(username, password.reveal())).end()
      return true
    } catch (error) {
      if ((error as { errno?: number }).errno === ACCESS_DENIED) return false
      throw error
    }
  }
