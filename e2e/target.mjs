/**
 * What the passwords of a run are for: a service with one login, in the memory of this process. The account under test is the store's.
 */
const passwords = new Map()

/** `options.first`: what the login has before the run. */
export function createTarget({ name, first }, { now, RotationError }) {
  if (!passwords.has(name)) passwords.set(name, first)
  const accepts = ({ password }, { signal, deadline }) => {
    if (signal.aborted) throw new RotationError('aborted', 'The run was interrupted.')
    if (now() >= deadline) throw new RotationError('no-time', 'No time is left.')
    return passwords.get(name) === password.reveal()
  }
  const refused = () => new RotationError('auth-failed', 'The service refused the login.', { at: 'memory' })
  return {
    kind: 'settable',
    engine: 'memory',
    strategy: 'single-user',
    overlap: 'gap',
    endpoints: ['memory'],
    nextUsername: ({ username }) => username,
    async test(credential, call) {
      if (!accepts(credential, call)) throw refused()
    },
    async accepts(credential, call) {
      return accepts(credential, call) ? { accepted: ['memory'], refused: [] } : { accepted: [], refused: ['memory'] }
    },
    async examine() {
      return []
    },
    async set({ current, pending }, call) {
      if (accepts(pending, call)) return
      if (!accepts(current, call)) throw refused()
      passwords.set(name, pending.password.reveal())
    },
    async end() {
      throw new RotationError('refused', 'The password of the previous version ended at set.')
    },
  }
}
