/**
 * A stand-in for the package `oracledb` and the servers behind it, after the driver's source and Oracle's documentation of the
 * gradual password rollover: the window counts from the first change; the password from before it and the newest one log in;
 * whoever the login is may end it. It shows what our side sends and how it takes an answer, not that Oracle takes it.
 */
import type { OracleConnection, OracleDriver } from '../../../core/targets/oracle/index.ts'

const HOUR = 3_600_000

export interface StubUser {
  newest: string
  /** Logs in too, until the end of the rollover. */
  before?: string | undefined
  /** Of the rollover. */
  until?: number
  status?: 'LOCKED' | 'EXPIRED'
  /** Days. */
  window: number
  /** Whether a password may be set again. */
  reuse: boolean
  maintained?: boolean
  readonly history: string[]
}

export class DriverError extends Error {
  readonly code: string
  readonly errorNum: number
  constructor(code: string) {
    super(`${code}: a reason with Canary-text\nHelp: https://docs.oracle.com/error-help/db/`)
    this.code = code
    this.errorNum = Number(code.slice(4))
  }
}

type Attributes = Parameters<OracleDriver['getConnection']>[0]

export class OracleStub implements OracleDriver {
  readonly OUT_FORMAT_OBJECT = 4002
  readonly users = new Map<string, StubUser>()
  /** Their windows, in days. */
  readonly profiles = new Map<string, number>()
  /** Every attempt to log in. */
  readonly tried: { readonly attributes: Attributes; readonly accepted: boolean }[] = []
  readonly statements: { readonly user: string; readonly text: string }[] = []
  readonly changes: { readonly user: string; readonly password: string; readonly newPassword: string }[] = []
  /** Connections that are open. */
  open = 0
  /** What the next hours have brought: added to the clock. */
  later = 0
  /** Ports where nothing answers at all, or nobody listens. */
  silentPort = 0
  deadPort = 0
  /** A standby at this port shows the end of a rollover only after as many questions. */
  standby = { port: 0, behind: 0 }
  /** The next change is made, and its answer lost. */
  loseNextAnswer = false
  /** Says that a rollover was ended, and leaves it. */
  keepsRollover = false
  fail: (doing: 'login' | 'change' | 'statement', text: string, user: string) => string | undefined = () => undefined

  now = (): number => Date.now() + this.later

  add(name: string, password: string, more: Partial<StubUser> = {}): StubUser {
    const user: StubUser = { newest: password, window: 1, reuse: true, history: [password], ...more }
    this.users.set(name, user)
    return user
  }

  /** In the dictionary's form. */
  #named = (name: string): string => /^"(.*)"$/.exec(name)?.[1] ?? name.toUpperCase()

  async getConnection(attributes: Attributes): Promise<OracleConnection> {
    const { user, password, connectString } = attributes
    const port = Number(/:(\d+)\//.exec(connectString)?.[1])
    if (port === this.silentPort) return new Promise(() => {})
    if (port === this.deadPort) throw new DriverError('NJS-503')
    const failure = this.fail('login', connectString, user) ?? this.#refusal(this.#named(user), password)
    this.tried.push({ attributes, accepted: failure === undefined })
    if (failure !== undefined) throw new DriverError(failure)
    this.open++
    return this.#connection(this.#named(user), port)
  }

  #refusal(name: string, password: string): string | undefined {
    const user = this.users.get(name)
    if (user === undefined || !this.valid(user).includes(password)) return 'ORA-01017'
    if (user.status === 'LOCKED') return 'ORA-28000'
    return user.status === 'EXPIRED' ? 'ORA-28001' : undefined
  }

  /** What logs in now; the first attempt after the window drops the old password. */
  valid(user: StubUser): readonly string[] {
    if (user.until !== undefined && this.now() >= user.until) this.#endRollover(user)
    return [user.newest, ...(user.before === undefined ? [] : [user.before])]
  }

  #endRollover(user: StubUser): void {
    user.before = undefined
    delete user.until
  }

  #connection(name: string, port: number): OracleConnection {
    let closed = false
    const alive = () => {
      if (closed) throw new DriverError('NJS-003')
    }
    return {
      callTimeout: 0,
      changePassword: async (user, password, newPassword) => {
        alive()
        this.changes.push({ user, password, newPassword })
        this.#change(this.#named(user), password, newPassword)
      },
      execute: async (text, binds) => {
        alive()
        this.statements.push({ user: name, text })
        const failure = this.fail('statement', text, name)
        if (failure !== undefined) throw new DriverError(failure)
        return { rows: this.#run(name, port, text, binds.name) }
      },
      rollback: async () => {
        this.statements.push({ user: name, text: 'ROLLBACK' })
      },
      close: async () => {
        alive()
        closed = true
        this.open--
      },
    }
  }

  #change(name: string, password: string, newPassword: string): void {
    const user = this.users.get(name)!
    const failure = this.fail('change', '', name)
    if (failure !== undefined) throw new DriverError(failure)
    if (!this.valid(user).includes(password)) throw new DriverError('ORA-28008')
    if (!user.reuse && user.history.includes(newPassword)) throw new DriverError('ORA-28007')
    if (user.window === 0) this.#endRollover(user)
    else if (user.until === undefined) {
      user.before = user.newest
      user.until = this.now() + user.window * 24 * HOUR
    }
    user.newest = newPassword
    user.history.push(newPassword)
    if (!this.loseNextAnswer) return
    this.loseNextAnswer = false
    throw new DriverError('NJS-500')
  }

  #run(name: string, port: number, text: string, asked: string | undefined): unknown[] {
    if (text.includes('SESSION_USER')) return [{ login: name }]
    if (text.includes('FROM user_users')) return [this.#account(this.users.get(name)!, port, null)]
    if (text.includes('FROM dba_users')) {
      const user = this.users.get(asked!)
      return user === undefined ? [] : [this.#account(user, port, 'APP_PROFILE')]
    }
    const profile = /^CREATE PROFILE (\w+) LIMIT PASSWORD_ROLLOVER_TIME (\d+)$/.exec(text)
    if (profile) this.profiles.set(profile[1]!, Number(profile[2]))
    const create = /^CREATE USER (\w+) IDENTIFIED BY "([^"]+)" PROFILE (\w+)$/.exec(text)
    if (create) this.add(this.#named(create[1]!), create[2]!, { window: this.profiles.get(create[3]!) ?? 0 })
    const alter = /^ALTER USER "([^"]+)"(?: IDENTIFIED BY "([^"]+)")? EXPIRE PASSWORD ROLLOVER PERIOD$/.exec(text)
    if (alter === null) return []
    if (alter[1] !== name && name !== 'SYSTEM_ROTATOR') throw new DriverError('ORA-01031')
    const user = this.users.get(alter[1]!)!
    if (alter[2] !== undefined) user.newest = alter[2]
    if (!this.keepsRollover) this.#endRollover(user)
    return []
  }

  #account(user: StubUser, port: number, profile: string | null): object {
    this.valid(user)
    const behind = port === this.standby.port && this.standby.behind-- > 0
    return {
      status: `${user.status ?? 'OPEN'}${user.until !== undefined || behind ? ' & IN ROLLOVER' : ''}`,
      maintained: user.maintained ? 'Y' : 'N',
      profile,
      PASSWORD_ROLLOVER_TIME: String(user.window),
      PASSWORD_REUSE_TIME: 'UNLIMITED',
      PASSWORD_REUSE_MAX: user.reuse ? 'UNLIMITED' : '10',
      PASSWORD_VERIFY_FUNCTION: 'NULL',
    }
  }
}
