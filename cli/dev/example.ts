/**
 * A program for `lockstep dev` to show: ten lines that open a pool which follows rotations, imports included, and a few that use it.
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
export const exampleProgram = (folder: string): string =>
  [
    "import { systemClock } from 'lockstep'",
    "import { createSecrets, followPg, localSource } from 'lockstep/client'",
    "import { openLocalStore } from 'lockstep/local'",
    "import pg from 'pg'",
    '',
    '// A pool that follows every rotation.',
    `const [file, key] = ['store.db', 'store.key'].map(name => ${JSON.stringify(`${folder}/`)} + name)`,
    'const store = await openLocalStore({ file, key: { file: key }, clock: systemClock })',
    'const secrets = createSecrets({ source: localSource(store), ttl: 500 })',
    `const { host, port, database } = await secrets.get('${SECRET}')`,
    'const pool = new pg.Pool({ host, port, database, maxLifetimeSeconds: 5 })',
    "pool.on('error', () => {}) // an idle connection that has gone is replaced",
    `followPg(secrets, '${SECRET}', pool)`,
    '',
    '// The application: it never stops asking.',
    'let [queries, failed, last] = [0, 0]',
    'setInterval(async () => {',
    '  try {',
    `    const { rows } = await pool.query('select session_user as "as"')`,
    '    last = rows[0].as',
    '  } catch (error) {',
    '    failed++',
    '    last = error.code',
    '  }',
    '  queries++',
    '}, 20)',
    `setInterval(() => console.log(\`\${queries} queries, \${failed} failed, now as \${last}\`), 1000)`,
    '',
  ].join('\n')
