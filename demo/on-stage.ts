/**
 * A play on a stage that is closed at its end, however it ends.
 * @module
 */

/** Ctrl-C closes it and ends the process with 130; what fails from then on fails because of that, and is not told. */
export async function onStage<T>(stage: { close(): Promise<void> }, play: () => Promise<T>): Promise<T> {
  let interrupted = false
  process.once('SIGINT', () => {
    interrupted = true
    void stage.close().finally(() => process.exit(130))
  })
  try {
    return await play()
  } catch (error) {
    if (interrupted) await new Promise(() => {})
    throw error
  } finally {
    if (!interrupted) await stage.close()
  }
}
