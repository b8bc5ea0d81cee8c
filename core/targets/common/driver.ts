/**
 * Drivers are optional: one is loaded when its engine is used.
 * @module
 */
import { RotationError } from '../../errors.ts'

/** `load` is the `import()` of the package. Absent: `driver-missing`. */
export async function driverOf<T>(engine: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch {
    throw new RotationError('driver-missing', `The ${engine} target needs the package \`${name}\`.`, {
      next: `Run \`npm install ${name}\`.`,
    })
  }
}
