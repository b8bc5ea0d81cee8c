/**
 * Fakes of what `deploy-check` asks: tools in a folder that is the PATH, and STS and IAM as one server. Each keeps what it was asked.
 */
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Project } from './support.ts'

/** What a tool answers to the arguments that begin so: an exit code, or what it prints. */
export type Answers = Readonly<Record<string, unknown>>

const TOOL = `
const { appendFileSync } = require('node:fs')
const words = process.argv.slice(2).join(' ')
appendFileSync(__dirname + '/asked', words + '\\n')
const [, answer] = Object.entries(ANSWERS).filter(([begin]) => words.startsWith(begin)).at(-1) ?? [, 1]
if (typeof answer === 'number') process.exit(answer)
if (typeof answer === 'object' && 'complains' in answer) { process.stderr.write(answer.complains); process.exit(1) }
process.stdout.write(JSON.stringify(answer))
`

export class Tools {
  readonly #project: Project

  constructor(project: Project) {
    this.#project = project
    project.write('bin/nothing', '')
  }

  /** A script that node runs, found by its name; on Windows through a `.cmd` beside it. */
  add(name: string, answers: Answers): this {
    const body = TOOL.replace('ANSWERS', JSON.stringify(answers))
    const script = this.#project.write(`bin/${name}`, `#!${process.execPath}\n${body}`)
    chmodSync(script, 0o755)
    if (process.platform === 'win32')
      this.#project.write(`bin/${name}.cmd`, `@"${process.execPath}" "%~dp0${name}" %*\r\n`)
    return this
  }

  get env(): Record<string, string> {
    return { PATH: [this.#project.at('bin'), this.#project.at('nowhere')].join(delimiter) }
  }

  get asked(): readonly string[] {
    const file = this.#project.at('bin/asked')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }
}

export const asClient = { arn: 'arn:aws:sts::111122223333:assumed-role/Deployer/session' }

const identity = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${asClient.arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`
const simulated = (decision: string) =>
  ['iam:CreateRole', 'lambda:CreateFunction']
    .map((action, index) => {
      const said = index === 0 ? decision : 'allowed'
      return `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${said}</EvalDecision></member>`
    })
    .join('')
const refusal = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`

/** STS and IAM, which answer by `mode`. */
export async function startAccount() {
  const account = {
    mode: 'well' as 'well' | 'limited' | 'unasked' | 'silent' | (string & {}),
    asked: [] as URLSearchParams[],
    authorizations: [] as string[],
  }
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request))
    account.asked.push(form)
    account.authorizations.push(request.headers.authorization ?? '')
    const answer = (status: number, body: string) => response.writeHead(status).end(body)
    const simulating = form.get('Action') === 'SimulatePrincipalPolicy'
    const { mode } = account
    if (mode === 'silent') return answer(503, '')
    if (!['well', 'limited', 'unasked'].includes(mode)) return answer(403, refusal(mode))
    if (!simulating) return answer(200, identity)
    if (mode === 'unasked') return answer(403, refusal('AccessDenied'))
    return answer(200, simulated(mode === 'limited' ? 'implicitDeny' : 'allowed'))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { account, url, stop: () => new Promise(done => server.close(done)) }
}
