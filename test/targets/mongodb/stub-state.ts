/** What the stub's members are and know. */
import { type Document, Timestamp } from 'mongodb'
import type { Mechanism } from './stub-scram.ts'

export interface Command {
  readonly name: string
  /** The member that it was sent to. */
  readonly to: string
  readonly as: string | undefined
  readonly sent: Document
}

export interface StubUser {
  readonly user: string
  readonly db: string
  pwd: string
  roles: readonly { readonly role: string; readonly db: string }[]
  mechanisms: readonly Mechanism[]
  customData?: Document
  authenticationRestrictions?: readonly Document[]
  /** What it may do, as actions on every database; only what a test is about is checked. */
  readonly may: readonly string[]
}

export type Kind = 'primary' | 'secondary' | 'router' | 'alone'

export interface Member {
  readonly name: string
  readonly host: string
  readonly port: number
  kind: Kind
  /** While it lags, it goes on showing the users as they were. */
  lag(): void
  catchUp(): void
}

export const refusal = (code: number, codeName: string, errmsg = 'refused'): Document => ({
  ok: 0,
  code,
  codeName,
  errmsg,
})

/** What members share, and what a command may change. */
export interface State {
  users: Map<string, StubUser>
  /** Roles of people's own, as the actions that they allow. */
  roles: Map<string, readonly string[]>
  /** Of the last write. */
  time: number
}

export const keyOf = (name: string, db: string): string => `${db}.${name}`

/** What a member says of itself to anybody. */
export function greeting({ kind, port }: Member, { time }: State): Document {
  const limits = { maxBsonObjectSize: 16777216, maxMessageSizeBytes: 48000000, maxWriteBatchSize: 100000 }
  const writable = kind !== 'secondary'
  const common = {
    ok: 1,
    helloOk: true,
    isWritablePrimary: writable,
    ismaster: writable,
    minWireVersion: 0,
    maxWireVersion: 25,
  }
  const set = {
    setName: 'rs',
    setVersion: 1,
    secondary: !writable,
    me: `127.0.0.1:${port}`,
    hosts: [`127.0.0.1:${port}`],
    lastWrite: { opTime: { ts: new Timestamp({ t: time, i: 1 }), t: 1 } },
  }
  if (kind === 'router') return { ...common, ...limits, msg: 'isdbgrid' }
  return { ...common, ...limits, logicalSessionTimeoutMinutes: 30, ...(kind === 'alone' ? {} : set) }
}
