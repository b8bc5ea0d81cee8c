/**
 * A project that rotates without a server: its target is a module with one login in memory, which a test may make refuse.
 */
import type { Project } from './support.ts'

export const FIRST = 'first-canary-4711'

const module = `
let password = '${FIRST}'
export function createTarget(_options, { RotationError }) {
  const login = credential => credential.password.reveal() === password
  const failed = () => new RotationError('auth-failed', 'The service refused the login.', { at: 'service' })
  return {
    kind: 'settable', engine: 'example', strategy: 'single-user', overlap: 'gap', endpoints: ['service'],
    nextUsername: ({ username }) => username,
    async test(credential) { if (!login(credential)) throw failed() },
    async accepts(credential) {
      return login(credential) ? { accepted: ['service'], refused: [] } : { accepted: [], refused: ['service'] }
    },
    async examine() { return [] },
    async set({ current, pending }) {
      if (login(pending)) return
      if (!login(current)) throw failed()
      password = pending.password.reveal()
    },
    async end() {},
  }
}
`

/** `app` is put and due after 30 days; `absent` was never put. */
export async function rotating(here: Project, more: object = {}, file: object = {}): Promise<Project> {
  here.write('target.mjs', module)
  here.configure({
    ...file,
    secrets: {
      app: { strategy: 'single-user', interval: '30d', target: { kind: 'module', module: './target.mjs' }, ...more },
      absent: {
        ...{ strategy: 'single-user', store: 'local' },
        target: { kind: 'postgres', endpoints: [{ host: 'h', database: 'd' }] },
      },
    },
  })
  await here.ok(['secret', 'put', 'app'], { input: JSON.stringify({ username: 'app', password: FIRST }) })
  return here
}
