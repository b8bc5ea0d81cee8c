/**
 * Mounted files that change: Kubernetes secrets and projected volumes, the CSI driver, files that an agent writes. A secret is a
 * file in the folder, or a folder of files (`username`, `password`, …). Kubernetes swaps a whole folder by one symbolic link
 * (`..data`), so all files of a read come from behind the same link. A `subPath` mount never changes.
 * @module
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClientError, shortCode } from '../client-error.ts'
import type { SecretSource } from '../secret-source.ts'
import { contentVersion } from './content-version.ts'

export interface FileSourceOptions {
  /** Where the files are. A secret `orders-db` is `FOLDER/orders-db`. */
  readonly folder: string
}

/** Swaps that come while we read; many in a row do not happen. */
const TRIES = 10
const ABSENT: readonly unknown[] = ['ENOENT', 'ENOTDIR']
const DENIED: readonly unknown[] = ['EACCES', 'EPERM']

export function fileSource({ folder }: FileSourceOptions): SecretSource {
  return {
    async read(name, which, { signal }) {
      if (which === 'previous') return undefined
      if (!/^[\w][\w.@+-]*(?:\/[\w][\w.@+-]*)*$/.test(name))
        throw new ClientError('config-invalid', 'This is no name of a file below the folder.')
      const value = await readThere(folder, name, signal)
      return value === undefined ? undefined : { value, version: contentVersion(value) }
    },
  }
}

async function readThere(folder: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await steady(folder, async real => {
      const path = join(real, name)
      return (await stat(path)).isDirectory() ? steady(path, inner => fieldsOf(inner, signal)) : textOf(path, signal)
    })
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (ABSENT.includes(code)) return undefined
    if (!DENIED.includes(code)) throw error
    throw new ClientError('access-denied', 'The file may not be read.', { foreign: shortCode(error) })
  }
}

/**
 * What `read` finds in the folder behind the link, if the link names it still: after a swap the old folder is removed file by
 * file, and half of it would pass for a whole.
 */
async function steady(folder: string, read: (real: string) => Promise<string>): Promise<string> {
  for (let tries = 1; ; tries++) {
    const real = await behindLink(folder)
    const [result] = await Promise.allSettled([read(real)])
    if (tries < TRIES && (await behindLink(folder)) !== real) continue
    if (result.status === 'fulfilled') return result.value
    throw result.reason
  }
}

/** The folder that the link names now, if there is one. */
async function behindLink(folder: string): Promise<string> {
  try {
    return await realpath(join(folder, '..data'))
  } catch {
    return folder
  }
}

/** As the JSON that other stores hold; hidden files are Kubernetes' own. */
async function fieldsOf(real: string, signal: AbortSignal): Promise<string> {
  const names = (await readdir(real)).filter(file => !file.startsWith('.')).sort()
  const texts = names.map(async file => [file, await textOf(join(real, file), signal)] as const)
  return JSON.stringify(Object.fromEntries(await Promise.all(texts)))
}

/** Editors and `echo` end a file with a line break that belongs to nobody. */
const textOf = async (path: string, signal: AbortSignal): Promise<string> =>
  (await readFile(path, { encoding: 'utf8', signal })).replace(/\r?\n$/, '')
