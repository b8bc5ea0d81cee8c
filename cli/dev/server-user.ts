/**
 * Who the server runs as. PostgreSQL refuses to run as root: then it is nobody, who exists everywhere; else ourselves.
 * @module
 */
import { execFileSync } from 'node:child_process'

const NOBODY = 65534

export interface ServerUser {
  /** For `child_process`; nothing, if it is us. */
  readonly ids: { readonly uid?: number; readonly gid?: number }
  /** Whether it can enter a folder: below one of mode 0700, such as /root, it cannot. */
  reaches(folder: string): boolean
}

export function serverUser(): ServerUser {
  const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  return {
    ids,
    reaches(folder) {
      try {
        execFileSync('test', ['-x', folder], { ...ids, stdio: 'ignore' })
        return true
      } catch {
        return false
      }
    },
  }
}

/** Gives a folder and what is in it to the server's user. */
export function handOver(folder: string, { ids: { uid, gid } }: ServerUser): void {
  if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, folder])
}
