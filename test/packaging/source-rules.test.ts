/**
 * What the source may not say: who takes a value out of its wrapper, who reads the clock, who prints.
 * Planted: each of these failed when the forbidden line was there.
 */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { codeOf, manifest, published, root, sources, textOf } from './modules.ts'

/** `file: the line` for every line of code that matches. */
function linesWith(pattern: RegExp, folders: readonly string[], except: (file: string) => boolean = () => false) {
  const files = folders.flatMap(folder => sources(folder)).filter(file => !except(file))
  return files.flatMap(file => {
    const found = codeOf(file)
      .split('\n')
      .filter(line => pattern.test(line))
    return found.map(line => `${file}: ${line.trim()}`)
  })
}

/** Not run here: it holds the text of a program. */
const writtenForAPerson = (file: string): boolean => file === 'cli/dev/example.ts'
const inTesting = (file: string): boolean => file.startsWith('core/testing/')

describe('the clear text of a secret', () => {
  /** Every file that takes a value out of its wrapper, and why it must. A new line here is a decision. */
  const callers: Readonly<Record<string, string>> = {
    'core/client/credential.ts': 'finds the login in the value, for the application',
    'core/client/pools/ioredis.ts': 'answers the driver, at the moment it logs in',
    'core/client/pools/mssql.ts': 'answers the driver, at the moment it logs in',
    'core/client/pools/mysql2.ts': 'answers the driver, at the moment it logs in',
    'core/client/pools/pg.ts': 'answers the driver, at the moment it logs in',
    'core/client/pools/redis.ts': 'answers the driver, at the moment it logs in',
    'core/secret/secret-value.ts': 'compares and measures itself',
    'core/replication/store-register.ts': 'reads who leads, which is kept in a store but is no secret',
    'core/secret/shape-fields.ts': 'finds the fields that members have for themselves, and puts them there',
    'core/secret/shape.ts': 'finds the login in the value, and puts another one there',
    'core/secret/fingerprint.ts': 'feeds the HMAC, with value and key',
    'core/targets/mariadb/hash.ts': 'computes what is sent instead of the password',
    'core/hooks/webhook.ts': 'signs what is sent with it, as the key that the receiver has too',
    'core/targets/mongodb/change-password.ts': 'puts it into the command that changes it: the server takes no hash',
    'core/targets/mongodb/connect.ts': 'hands it to the driver, which logs in',
    'core/targets/mongodb/repair.ts': 'puts one that nobody holds into the command that creates a twin',
    'core/targets/mysql-wire/connect.ts': 'hands it to the driver, which logs in',
    'core/targets/mysql/change-accounts.ts':
      'puts it into the statement that changes it, for the policies of the server',
    'core/targets/mysql/fresh.ts': 'looks whether the server would take it as it is',
    'core/targets/mysql/own-account.ts': 'names the password to replace, which the server compares',
    'core/targets/mysql/stored.ts': 'computes what the server stores, to see which password that is of',
    'core/targets/oracle/connect.ts': 'hands it to the driver, which logs in',
    'core/targets/oracle/dual-password.ts':
      'hands it to the driver, which changes it; forced, puts it into a statement',
    'core/targets/postgres/connect.ts': 'answers the driver, at the moment it logs in',
    'core/targets/postgres/verifier.ts': 'computes what is sent instead of the password',
    'core/targets/redis/account.ts': 'computes the hash that is sent instead of the password',
    'core/targets/redis/connect.ts': 'answers the driver, at the moment it logs in',
    'core/targets/redis/replication.ts': 'looks whether servers can keep it in their files',
    'core/targets/redis/settings.ts': 'puts it into settings that take no hash: masterauth, auth-pass, requirepass',
    'core/targets/sqlserver/change-password.ts': 'puts it into the statement that changes it: the server takes no hash',
    'core/targets/sqlserver/connect.ts': 'hands it to the driver, which logs in',
    'local/encryption.ts': 'encrypts; the ciphertext is what is written',
    'aws/requests.ts': 'puts it into the request that stores it',
    'aws/sign-in.ts': 'hands the token of another cloud to the SDK, which exchanges it',
    'aws/targets/elasticache-users.ts': 'puts it into the request that sets it: the service takes no hash',
    'aws/drop-in/database-secret.ts': 'finds host, port and admin in a value of the documented format',
    'gcp/requests.ts': 'puts it into the request that stores it',
    'gcp/sign-in.ts': 'hands the token of another cloud to the SDK, which exchanges it',
    'gcp/slots.ts': 'wraps it for the secret beside it, where pending waits',
    'azure/requests.ts': 'puts it into the request that stores it',
    'azure/sign-in.ts': 'hands the token of another cloud to the SDK, which exchanges it',
    'cli/adopt/login.ts': 'finds host and login in a value that was asked for, to write a configuration',
    'cli/commands/secret-get.ts': 'prints it, where a person asked with two flags',
    'cli/run/fields.ts': 'finds the field that a program is to be given',
    'cli/run/hand-over.ts': 'puts it into the variables and private files of the program that was asked for',
  }

  test('is taken by exactly these files', () => {
    const found = linesWith(/\breveal\b/, published, inTesting).map(line => line.split(':')[0]!)
    expect([...new Set(found)].sort()).toEqual(Object.keys(callers).sort())
  })

  test('is taken by calling the method, which the list above can see', () => {
    const option = /--reveal|options\.reveal\b|readonly reveal\?: boolean/
    const indirect = linesWith(/\breveal\b(?!\()/, published, inTesting)
    expect(indirect.filter(line => !option.test(line))).toEqual([])
  })
})

describe('time and chance', () => {
  const ofTheMachine = /\bDate\.now\b|new Date\(\)|\bset(Timeout|Interval|Immediate)\b|\bperformance\b|process\.hrtime/
  const clock = (file: string): boolean => file === 'core/ports/clock.ts'

  test('core and adapters read time through the clock port', () => {
    /** Bounds on real sockets, which no clock of ours moves. */
    const sockets = [
      // A sleep that keeps no process alive, which the clock port has no word for.
      "core/client/clock.ts: import { setTimeout } from 'node:timers/promises'",
      'core/client/clock.ts: idle: (ms, signal) => setTimeout(ms, undefined, { signal, ref: false }),',
      // Not time: a turn of the loop, so that the runtime hears first that the function has started.
      'core/functions/once.ts: setImmediate(() => get().catch(thrown => failed(sanitise(thrown))))',
      'core/functions/within.ts: const timer = setTimeout(() => late.abort(), left + AFTER_DEADLINE)',
      'core/replication/sight.ts: const timer = setTimeout(hung, timeout)',
      "core/targets/common/interruption.ts: const timer = setTimeout(() => stop('late'), Math.min(remaining, 2 ** 31 - 1))",
      'core/targets/mongodb/retire.ts: await new Promise(resolve => setTimeout(resolve, POLL))',
      'core/targets/mysql-wire/session.ts: const impatience = setTimeout(() => socket.destroy(), 500)',
      'core/targets/mysql/position.ts: await new Promise(resolve => setTimeout(resolve, POLL))',
      'core/targets/oracle/replicas.ts: await new Promise(resolve => setTimeout(resolve, POLL))',
      'core/targets/postgres/retire.ts: await new Promise(resolve => setTimeout(resolve, POLL))',
      'core/targets/postgres/session.ts: const impatience = setTimeout(() => socket.destroy(), 500)',
      'aws/bounded.ts: const timer = setTimeout(() => late.abort(), Math.min(left, LONGEST_TIMER))',
      'aws/drop-in/tls-offer.ts: socket.setTimeout(patience, () => end())',
      'azure/send.ts: const timer = setTimeout(() => late.abort(), Math.min(this.requireOpen(call), LONGEST_ANSWER))',
    ]
    const found = linesWith(
      ofTheMachine,
      ['core', 'local', 'aws', 'gcp', 'azure'],
      file => clock(file) || inTesting(file),
    )
    expect(found).toEqual(sockets)
  })

  test('cli too: its clock is handed in', () => {
    const drawing = /^cli\/render\/progress\.ts: const timer = setInterval\(/
    expect(linesWith(ofTheMachine, ['cli'], writtenForAPerson).filter(line => !drawing.test(line))).toEqual([])
  })

  test('chance comes from node:crypto', () => {
    expect(linesWith(/Math\.random/, published)).toEqual([])
  })
})

describe('output', () => {
  test('core and adapters print nothing; the log of a function is wired at its root', () => {
    const functions = ['handler', 'on-event', 'sweep', 'worker']
    const wired = functions.map(name => `aws/${name}.ts: write: toStream(process.stdout),`)
    expect(linesWith(/\bconsole\.|process\.std(out|err)\b/, ['core', 'local', 'aws', 'gcp', 'azure'])).toEqual([
      ...wired,
      'gcp/handler.ts: const write = toStream(process.stdout)',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the line as it stands
      "azure/handler.ts: process.stderr.write(`${JSON.stringify({ level: 'ERROR', message, code, next })}\\n`),",
    ])
  })

  test('cli prints through its Io', () => {
    expect(linesWith(/\bconsole\./, ['cli'], writtenForAPerson)).toEqual([])
    const streams = linesWith(/process\.std(out|err)\b/, ['cli']).map(line => line.split(':')[0])
    expect([...new Set(streams)].sort()).toEqual(['cli/lockstep.mjs', 'cli/process.ts'])
  })

  test('core and adapters read no environment and no arguments', () => {
    const known = [
      // A key may live in a variable, if the caller says so and hands no environment of his own.
      'local/key.ts: const text = (source.env ?? process.env)[source.variable]',
      // The SDK reads its own variables beside it.
      'aws/client.ts: { region, endpoint = process.env.SECRETS_MANAGER_ENDPOINT, role, credentials, keyless }: ClientOptions,',
      ...['handler', 'on-event', 'sweep', 'worker'].map(name => `aws/${name}.ts: env: process.env,`),
    ]
    expect(linesWith(/process\.(env|argv|cwd)\b/, ['core', 'local', 'aws', 'gcp', 'azure'], inTesting)).toEqual(known)
  })
})

describe('the repository', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)
  const texts = tracked.filter(file => !file.startsWith('test/packaging/')).map(file => [file, textOf(file)] as const)
  const naming = (pattern: RegExp) => texts.filter(([, text]) => pattern.test(text)).map(([file]) => file)

  test('depends on no other folder of the machine', () => {
    expect(naming(/\/work\/|\.\.\/shared\//)).toEqual([])
    expect(naming(/\/home\/[a-z]|\/Users\/[A-Za-z]/)).toEqual([])
  })

  test('names no package registry: the user’s own is used', () => {
    expect(naming(/registry\.[a-z]+\.(org|com)|"resolved":/)).toEqual([])
  })

  test('holds no key, no store, no package', () => {
    expect(tracked.filter(file => /\.(key|pem|db|db-wal|tgz|p12)$|(^|\/)\.env/.test(file))).toEqual([])
    expect(naming(/-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]/)).toEqual([])
  })

  test('holds no leftovers', () => {
    expect(tracked.filter(file => /\.(tmp|orig|rej|log|bak)(\.|$)/.test(file))).toEqual([])
  })

  test('every source file says in its head what it is', () => {
    const files = [...published, 'functions'].flatMap(folder => sources(folder, /\.ts$/))
    expect(files.filter(file => !/^\/\*\*\n( \*.*\n)+? \* @module\n \*\//.test(textOf(file)))).toEqual([])
  })
})

test('scripts of dependencies run only where we said so, and all of them are decided', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>
  }
  const scripted = Object.keys(packages).filter(path => packages[path]!.hasInstallScript)
  const names = scripted.map(path => path.replace(/^.*node_modules\//, '')).sort()
  expect(Object.keys(manifest.allowScripts).sort()).toEqual(names)
})

test('the lock names every optional package: npm ci works on every platform', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const named = new Set(Object.keys(packages).map(path => path.replace(/^.*node_modules\//, '')))
  const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
  expect(optional.filter(name => !named.has(name))).toEqual([])
})
