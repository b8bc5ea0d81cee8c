/**
 * ElastiCache's API for one cache, which is a real Redis: what ModifyUser asks for, the server has a moment later. By the documented
 * protocol; there is no real one here.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from '../../stand/redis.ts'

export interface ElasticacheApi {
  readonly endpoint: string
  /** What was asked for, in order: the action, and how many passwords it named. */
  readonly calls: string[]
  /** The authorization of each request. */
  readonly signatures: string[]
  /** Of the user, as an account of the server. */
  create(name: string, passwords: readonly string[]): Promise<void>
  /** The next ModifyUser is answered by this code, or its answer is lost after it was done. */
  next(what: { readonly code: string; readonly status: number } | 'lost'): void
  /** Until told otherwise: what DescribeUsers says of everybody. */
  says(fields: { readonly status?: string; readonly type?: string }): void
  close(): Promise<void>
}

export async function startElasticacheApi(redis: Redis): Promise<ElasticacheApi> {
  const users = new Map<string, { passwords: readonly string[]; status: string }>()
  const calls: string[] = []
  const signatures: string[] = []
  let next: Parameters<ElasticacheApi['next']>[0] | undefined
  let said: Parameters<ElasticacheApi['says']>[0] = {}
  const apply = (name: string, passwords: readonly string[]) =>
    redis.command(['ACL', 'SETUSER', name, 'on', 'resetpass', '~*', '+@all', ...passwords.map(each => `>${each}`)])

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    const [action, id] = [form.get('Action')!, form.get('UserId')!]
    const passwords = [1, 2, 3].flatMap(n => form.get(`Passwords.member.${n}`) ?? [])
    signatures.push(request.headers.authorization ?? '')
    calls.push(action === 'ModifyUser' ? `${action} ${passwords.length}` : action)
    const planned = action === 'ModifyUser' ? next : undefined
    if (action === 'ModifyUser') next = undefined
    if (typeof planned === 'object') return refuse(response, planned.status, planned.code)
    const user = users.get(id)
    if (user === undefined) return refuse(response, 404, 'UserNotFound')
    if (action === 'ModifyUser') {
      if (user.status !== 'active') return refuse(response, 400, 'InvalidUserState')
      users.set(id, { passwords, status: 'modifying' })
      void sleep(40)
        .then(() => apply(id, passwords))
        .then(() => users.set(id, { passwords, status: 'active' }))
      if (planned === 'lost') return void request.socket.destroy()
    }
    const { status = users.get(id)!.status, type = 'password' } = said
    const count = users.get(id)!.passwords.length
    response.end(
      `<${action}Response xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><${action}Result><Users><member><UserId>${id}</UserId><UserName>${id}</UserName><Status>${status}</Status><Engine>redis</Engine><Authentication><Type>${type}</Type><PasswordCount>${count}</PasswordCount></Authentication></member></Users></${action}Result></${action}Response>`,
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    signatures,
    async create(name, passwords) {
      await apply(name, passwords)
      users.set(name, { passwords, status: 'active' })
    },
    next(what) {
      next = what
    },
    says(fields) {
      said = fields
    },
    close: () => new Promise(resolve => server.close(() => resolve()).closeAllConnections()),
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  // a real one repeats what it was sent
  response
    .writeHead(status)
    .end(`<ErrorResponse><Error><Code>${code}</Code><Message>Canary</Message></Error></ErrorResponse>`)
}
