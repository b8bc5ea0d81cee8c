/**
 * A program for `lockstep dev` to show: ten lines that open a pool which follows rotations, and a few that use it.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RotationError } from '../../core/errors.ts'
import { SECRET } from './playground.ts'

const MARK = '// Written by `lockstep dev`, for the store that it has made; the next one writes it anew.\n'

/** A file that we have not written is somebody's work: `usage`. */
export function requireWritable(cwd: string, name: string): void {
  let text: string
  try {
    text = readFileSync(resolve(cwd, name), 'utf8')
  } catch {
    return // absent; what else is wrong with it is said when it is written
  }
  if (!text.startsWith(MARK)) throw new RotationError('usage', `${name} exists, and is not ours.`, { at: name })
}

/** Cannot be written: `usage`. */
export function writeExample(cwd: string, name: string, program: string): void {
  try {
    writeFileSync(resolve(cwd, name), `${MARK}${program}`)
  } catch {
    throw new RotationError('usage', `The file ${name} cannot be written.`, { at: name })
  }
}

/** `folder`: that of the store. */
export const exampleProgram = (folder: string): string => `import { systemClock } from 'lockstep'
import { openLocalStore } from 'lockstep/local'
import pg from 'pg'

// Ten lines: a pool that follows every rotation.
const folder = ${JSON.stringify(folder)}
const store = await openLocalStore({ file: \`\${folder}/store.db\`, key: { file: \`\${folder}/store.key\` }, clock: systemClock })
const call = () => ({ signal: AbortSignal.timeout(5000), deadline: Date.now() + 5000, run: {} })
const read = async () => JSON.parse((await store.get('${SECRET}', call())).value.reveal())
let login = await read()
setInterval(() => read().then(now => (login = now), () => {}), 500) // what fails is read again
const pool = new pg.Pool({ host: login.host, port: login.port, database: login.dbname, maxLifetimeSeconds: 5 })
const [user, password] = ['username', 'password'].map(field => ({ get: () => login[field] }))
Object.defineProperties(pool.options, { user, password }) // read at every new connection
pool.on('error', () => {}) // an idle connection that has gone is replaced

// The application: it never stops asking.
let [queries, failed, last] = [0, 0]
setInterval(async () => {
  try {
    const { rows } = await pool.query('select session_user as "as"')
    last = rows[0].as
  } catch (error) {
    failed++
    last = error.code
  }
  queries++
}, 20)
setInterval(() => console.log(\`\${queries} queries, \${failed} failed, now as \${last}\`), 1000)
`
