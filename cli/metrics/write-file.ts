/**
 * A file that readers see whole: as it was, or as it is now.
 * @module
 */
import { open, rename, rm } from 'node:fs/promises'
import { RotationError } from '../../core/errors.ts'

/** The unfinished one has an ending of its own, so that node_exporter, which reads `*.prom`, passes over it. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${process.pid}.unfinished`
  try {
    {
      await using handle = await open(unfinished, 'w', 0o644)
      await handle.writeFile(text)
      await handle.sync()
    }
    await rename(unfinished, file)
  } catch {
    await rm(unfinished, { force: true }).catch(() => {})
    throw new RotationError('store-unavailable', `The file ${file} cannot be written.`, {
      at: file,
      next: 'Check that the folder exists and that this user may write in it.',
    })
  }
}
