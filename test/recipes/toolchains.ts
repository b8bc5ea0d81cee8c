/**
 * What other runtimes need to run a recipe: made once for the machine by their own package clients, at versions that the files
 * beside this one pin.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { debianRoot } from '../stand/debs.ts'
import { longCommand, madeOnce } from '../stand/once.ts'
import { orUnavailable, standRoot, type Unavailable } from '../stand/stand.ts'

const at = (...parts: string[]): string => path.join(import.meta.dirname, ...parts)

/** A folder of the stand that is named by what it is made from. */
function made(what: string, files: readonly string[], make: (folder: string) => Promise<void>): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return madeOnce(path.join(standRoot(), 'recipes', `${what}-${hash.digest('hex').slice(0, 8)}`), make)
}

interface Python {
  /** The interpreter, with the packages of requirements.txt. */
  readonly python: string
}

export const pythonForRecipes = (): Promise<Python | Unavailable> =>
  orUnavailable('Python for recipes', async () => {
    const requirements = at('python/requirements.txt')
    const folder = await made('python', [requirements], async making => {
      const python = interpreter()
      await longCommand(python, ['-m', 'venv', '--without-pip', making])
      const how = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-compile', '-r', requirements]
      await longCommand(python, ['-m', 'pip', '--python', path.join(making, 'bin/python'), ...how])
    })
    return { python: path.join(folder, 'bin/python') }
  })

/** One that can install; where the machine has none, Debian's. */
function interpreter(): string {
  for (const python of ['python3', '/usr/bin/python3'])
    try {
      execFileSync(python, ['-c', 'import ensurepip, pip, sys; assert sys.version_info >= (3, 10)'], {
        stdio: 'ignore',
      })
      return python
    } catch {}
  return path.join(debianRoot('bookworm', 'python3-venv', 'python3-pip'), 'usr/bin/python3')
}

interface Java {
  /** A class path with the libraries of pom.xml, without the classes. */
  readonly libraries: string
}

/** A JDK and Maven are the machine's. */
export const javaForRecipes = (): Promise<Java | Unavailable> =>
  orUnavailable('Java for recipes', async () => {
    const pom = at('java/pom.xml')
    const folder = await made('java', [pom], async making => {
      cpSync(pom, path.join(making, 'pom.xml'))
      const goal = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime']
      await longCommand('mvn', ['-q', '-B', '-f', path.join(making, 'pom.xml'), ...goal])
    })
    return { libraries: path.join(folder, 'lib/*') }
  })

interface Go {
  /** Compiles the sources of a folder, which holds no `go.mod` yet; answers the program. */
  build(folder: string): Promise<string>
}

export const goForRecipes = (): Promise<Go | Unavailable> =>
  orUnavailable('Go for recipes', async () => {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return {
      async build(folder) {
        for (const file of ['go.mod', 'go.sum']) cpSync(at('go', file), path.join(folder, file))
        const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' }
        await longCommand('go', ['build', '-C', folder, '-buildvcs=false', '-o', 'recipe', '.'], env)
        return path.join(folder, 'recipe')
      },
    }
  })
