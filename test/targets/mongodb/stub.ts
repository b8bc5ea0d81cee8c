/**
 * A stub of MongoDB: a set of members in this process that speak its wire, know users with roles, restrictions, mechanisms and
 * customData, and answer as one programs them. It stands for no server: what it shows is what our client sends, and what our
 * client makes of an answer.
 */
import net from 'node:net'
import { Binary, type Document } from 'mongodb'
import { perform } from './stub-commands.ts'
import { type Conversation, converse, openingOf } from './stub-scram.ts'
import {
  type Command,
  greeting,
  type Kind,
  keyOf,
  type Member,
  refusal,
  type State,
  type StubUser,
} from './stub-state.ts'
import { serveWire } from './stub-wire.ts'

/** `cut`: the connection ends instead of an answer. `hang`: no answer. Undefined: as always. */
export type Scripted = Document | 'cut' | 'applied-and-cut' | 'hang' | undefined

export interface Stub {
  readonly members: readonly Member[]
  /** Commands after the login, in order, with who sent them (`as`) and to whom (`to`). */
  readonly commands: readonly Command[]
  /** Logins tried, in order. */
  readonly logins: readonly { readonly to: string; readonly as: string; readonly good: boolean }[]
  user(name: string, db?: string): StubUser | undefined
  add(user: Partial<StubUser> & Pick<StubUser, 'user' | 'pwd'>): StubUser
  /** Asked before each command of that name is performed. */
  on(command: string, script: (command: Command) => Scripted): void
  /** Forgets what was recorded. */
  forget(): void
  stop(): Promise<void>
}

export async function startStub(kinds: readonly Kind[] = ['primary']): Promise<Stub> {
  const state: State = { users: new Map(), roles: new Map(), time: 1 }
  const commands: Command[] = []
  const logins: { to: string; as: string; good: boolean }[] = []
  const scripts = new Map<string, (command: Command) => Scripted>()
  const sockets = new Set<net.Socket>()
  const servers: net.Server[] = []

  const startMember = async (kind: Kind, index: number): Promise<Member> => {
    let stale: State | undefined
    const server = net.createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
      serveConnection(socket)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const { port } = server.address() as net.AddressInfo
    const member: Member = {
      name: `member${index}`,
      host: '127.0.0.1',
      port,
      kind,
      lag() {
        stale = { ...state, users: structuredClone(state.users) }
      },
      catchUp() {
        stale = undefined
      },
    }
    const seen = () => stale ?? state

    function serveConnection(socket: net.Socket): void {
      let conversation: (Conversation & { readonly db: string }) | undefined
      let who: StubUser | undefined

      const begin = (start: Document, db: string): Document | undefined => {
        const first = payloadOf(start)
        const found = seen().users.get(keyOf(openingOf(first).user, db))
        if (found === undefined || !found.mechanisms.includes(start.mechanism)) return undefined
        conversation = { ...converse(first, start.mechanism, found.pwd), db }
        return { conversationId: 1, done: false, payload: bytes(conversation.serverFirst) }
      }
      const failed = (as: string): Document => {
        logins.push({ to: member.name, as, good: false })
        return { ...refusal(18, 'AuthenticationFailed', 'Authentication failed.') }
      }

      serveWire(socket, async command => {
        const name = Object.keys(command)[0]!
        if (who === undefined && /^(hello|ismaster)$/i.test(name)) {
          const mechanisms = seen().users.get(command.saslSupportedMechs)?.mechanisms
          const early = command.speculativeAuthenticate as Document | undefined
          const speculative = early && begin(early, early.db)
          return {
            ...greeting(member, seen()),
            ...(mechanisms && { saslSupportedMechs: mechanisms }),
            ...(speculative && { speculativeAuthenticate: speculative }),
          }
        }
        if (name === 'saslStart')
          return { ok: 1, ...(begin(command, command.$db) ?? failed(openingOf(payloadOf(command)).user)) }
        if (name === 'saslContinue') {
          const { user, db, finish } = conversation!
          const last = finish(payloadOf(command))
          if (last === undefined) return failed(user)
          who = seen().users.get(keyOf(user, db))
          logins.push({ to: member.name, as: user, good: true })
          return { ok: 1, conversationId: 1, done: true, payload: bytes(last) }
        }
        if (name === 'endSessions') return { ok: 1 }
        const { lsid: _, $readPreference: _driver, ...sent } = command
        const asked: Command = { name, to: member.name, as: who?.user, sent }
        commands.push(asked)
        const script = scripts.get(name)?.(asked)
        if (script === 'hang') return undefined
        if (script === 'applied-and-cut') perform(asked, who, member, state)
        if (script === 'cut' || script === 'applied-and-cut') {
          socket.destroy()
          return undefined
        }
        return script ?? perform(asked, who, member, stale ?? state)
      })
    }
    return member
  }

  const members = await Promise.all(kinds.map(startMember))
  return {
    members,
    commands,
    logins,
    user: (name, db = 'admin') => state.users.get(keyOf(name, db)),
    add(more) {
      const user: StubUser = { db: 'admin', roles: [], mechanisms: ['SCRAM-SHA-1', 'SCRAM-SHA-256'], may: [], ...more }
      state.users.set(keyOf(user.user, user.db), user)
      return user
    },
    on: (command, script) => void scripts.set(command, script),
    forget() {
      commands.length = 0
      logins.length = 0
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}

const payloadOf = ({ payload }: Document): string => Buffer.from((payload as Binary).buffer).toString()
const bytes = (text: string): Binary => new Binary(Buffer.from(text))
