/**
 * Programs of Debian packages, unpacked below the stand without touching the system.
 * @module
 */
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { standRoot } from './stand.ts'

/** The root folder with the packages in it. Not Debian, or no network at the first call: throws. */
export function debianRoot(suite: string, ...packages: readonly string[]): string {
  const script = path.join(import.meta.dirname, 'debs.sh')
  const env = { ...process.env, DEBS_DIR: path.join(standRoot(), 'debs') }
  try {
    return execFileSync(script, [suite, ...packages], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(stderr?.trim().split('\n').at(-1) || message)
  }
}
