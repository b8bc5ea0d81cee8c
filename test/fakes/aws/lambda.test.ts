import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { runtimeClient } from '../../stand/ric.ts'
import { requireServer, until } from '../../stand/stand.ts'
import { type Lambda, type LambdaOptions, startLambda } from './lambda.ts'

const here = requireServer(await runtimeClient())

const folder = mkdtempSync(path.join(tmpdir(), 'lambda-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
const bundleOf = (code: string): string => {
  const file = path.join(folder, `bundle-${++count}.mjs`)
  writeFileSync(file, code)
  return file
}

// What one bundle does, asked for by the event.
const tricks = bundleOf(`
let calls = 0
const does = {
  echo: event => event,
  calls: () => ++calls,
  pid: () => process.pid,
  environment: () => process.env,
  context: (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() }),
  throw: () => { throw Object.assign(new TypeError('wrong on purpose')) },
  leak: () => { throw new Error('password=hunter2') },
  log: () => { console.log('to', 'stdout'); process.stderr.write('to stderr\\n'); process.stdout.write('x'.repeat(300_000)) },
  hang: () => new Promise(() => setInterval(() => {}, 1000)),
  spin: () => { console.log('spinning'); for (;;); },
  exit: ({ code }) => process.exit(code),
  later: () => { setTimeout(() => { throw new Error('later') }, 5); return new Promise(() => {}) },
  big: ({ bytes }) => 'x'.repeat(bytes),
  nothing: () => undefined,
}
export const handler = async (event, context) => does[event.do](event, context)
`)

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

let lambda: Lambda | undefined
afterEach(() => lambda?.close())

async function start(options: Partial<LambdaOptions> = {}): Promise<Lambda> {
  lambda = requireServer(await startLambda({ bundle: tricks, ...options }))!
  return lambda
}

const ask = async (name: string, rest: object = {}): Promise<unknown> => {
  const answer = await lambda!.invoke({ do: name, ...rest })
  if (!answer.ok) throw new Error(`${answer.errorType}: ${answer.errorMessage}`)
  return answer.result
}

describe.skipIf(!here)('a function under the real runtime client', () => {
  test('answers what the handler answers, and uses the process again', async () => {
    await start()
    const event = { do: 'echo', text: 'äöü ☃ \u0001', deep: [1, null, { a: true }] }
    expect(await lambda!.invoke(event)).toEqual({ ok: true, result: event })
    expect(await ask('nothing')).toBeNull()
    expect([await ask('calls'), await ask('calls')]).toEqual([1, 2])
    expect(((await ask('big', { bytes: 2_000_000 })) as string).length).toBe(2_000_000)
    expect(lambda!.starts).toHaveLength(1)
    expect(lambda!.starts[0]!.initMs).toBeGreaterThan(0)
    expect(lambda!.peakMemory).toBeGreaterThan(20 << 20)
  })

  test('an error reaches the caller with its type, message and stack; the process stays', async () => {
    await start()
    const answer = await lambda!.invoke({ do: 'throw' })
    expect(answer).toMatchObject({ ok: false, errorType: 'TypeError', errorMessage: 'wrong on purpose' })
    expect(!answer.ok && answer.stackTrace.join('\n')).toContain(tricks)
    expect(await ask('calls')).toBe(1)
    expect(lambda!.starts).toHaveLength(1)
  })

  test('what the runtime posts is kept word for word: body, stack and the cause for X-Ray', async () => {
    await start()
    await lambda!.invoke({ do: 'leak' })
    const [posted] = lambda!.posted
    expect(posted!.path).toMatch(/\/error$/)
    expect(posted!.body).toContain('hunter2')
    expect(posted!.xray).toContain('hunter2')
  })

  test('the handler sees the context of its invocation', async () => {
    await start({ name: 'rotate-app', timeoutMs: 5_000, memory: 256 })
    const context = (await ask('context')) as Record<string, unknown>
    expect(context).toMatchObject({
      functionName: 'rotate-app',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:rotate-app',
    })
    expect(context.left).toBeGreaterThan(3_000)
    expect(context.left).toBeLessThanOrEqual(5_000)
    const told = await lambda!.invoke({ do: 'context' }, { deadlineMs: Date.now() + 60 })
    expect(told.ok && (told.result as { left: number }).left).toBeLessThanOrEqual(60)
  })

  test('the environment is made of nothing: Lambda sets it, the test adds to it', async () => {
    process.env.LOCKSTEP_TEST_INHERITED = 'no'
    await start({ env: { OWN: '1', TZ: undefined } })
    const variables = Object.keys((await ask('environment')) as object)
    delete process.env.LOCKSTEP_TEST_INHERITED
    expect(variables).toEqual(expect.arrayContaining(['OWN', 'AWS_REGION', '_X_AMZN_TRACE_ID']))
    const known = /^(AWS_|LAMBDA_|LANG$|PATH$|OWN$|_HANDLER$|_X_AMZN_TRACE_ID$)/
    expect(variables.filter(name => !known.test(name))).toEqual([])
  })

  test('what it wrote can be read as soon as it has answered', async () => {
    await start()
    await ask('log')
    expect(lambda!.stdout()).toContain('\tINFO\tto stdout\n')
    expect(lambda!.stdout().length).toBeGreaterThan(300_000)
    expect(lambda!.stderr()).toBe('to stderr\n')
    await lambda!.close()
    expect(lambda!.stderr()).toBe('to stderr\n')
  })

  test.each(['hang', 'spin'])('out of time while it does "%s": killed, and the next one starts afresh', async what => {
    await start()
    expect(await ask('calls')).toBe(1)
    const answer = await lambda!.invoke({ do: what }, { timeoutMs: 200 })
    expect(answer).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' })
    expect(!answer.ok && answer.errorMessage).toMatch(/^RequestId: \S+ Error: Task timed out after 0\.20 seconds$/)
    expect(alive(lambda!.starts[0]!.pid)).toBe(false)
    expect(await ask('calls')).toBe(1)
    expect(lambda!.starts).toHaveLength(2)
  })

  test('a process that ends by itself, or by an error nobody caught', async () => {
    await start()
    expect(await lambda!.invoke({ do: 'exit', code: 3 })).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: exit status 3$/),
    })
    expect(await lambda!.invoke({ do: 'exit', code: 0 })).toMatchObject({
      errorMessage: expect.stringContaining('Runtime exited without providing a reason'),
    })
    expect(await lambda!.invoke({ do: 'later' })).toMatchObject({ errorType: 'Runtime.ExitError' })
    expect(lambda!.stderr()).toContain('Error: later')
    expect(await ask('calls')).toBe(1)
  })

  test('a process that ended while nobody asked is no failure of the next invocation', async () => {
    await start()
    const pid = Number(await ask('pid'))
    process.kill(pid, 'SIGKILL')
    await until(() => expect(alive(pid)).toBe(false))
    expect(await ask('calls')).toBe(1)
  })

  test('killed in the middle: the invocation has failed, nothing is left, the next one starts afresh', async () => {
    await start()
    const pid = Number(await ask('pid'))
    const running = lambda!.invoke({ do: 'hang' })
    await lambda!.kill()
    expect(alive(pid)).toBe(false)
    expect(await running).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: killed'),
    })
    expect(await ask('calls')).toBe(1)
  })

  test('killed at any moment, twenty times: every invocation is answered, once', async () => {
    await start()
    for (let i = 0; i < 20; i++) {
      const running = lambda!.invoke({ do: 'calls' })
      await new Promise(resolve => setTimeout(resolve, Math.random() * 120))
      await lambda!.kill()
      const answer = await running
      if (!answer.ok) expect(answer.errorType).toBe('Runtime.ExitError')
    }
    expect(await ask('calls')).toBe(1)
  })

  test('killed when its answer is on the way: it is not used again', async () => {
    await start()
    for (let i = 0; i < 5; i++) {
      await ask('calls')
      const running = lambda!.invoke({ do: 'calls' })
      await new Promise(resolve => setTimeout(resolve, 2)) // handed over
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30) // nobody here reads the answer meanwhile
      await Promise.all([running, lambda!.kill()])
      expect(await ask('calls')).toBe(1)
    }
  })

  test('two invocations at once run in two processes, both of which stay warm', async () => {
    await start()
    const pids = await Promise.all([ask('pid'), ask('pid')])
    expect(new Set(pids).size).toBe(2)
    expect(await Promise.all([ask('pid'), ask('pid')])).toEqual(expect.arrayContaining(pids))
    expect(lambda!.starts).toHaveLength(2)
  })

  test.each([
    ['cannot be loaded', 'throw new RangeError("at load")', 'RangeError', 'at load'],
    ['does not parse', 'export const handler = ;', 'Runtime.UserCodeSyntaxError', 'SyntaxError'],
    ['exports no handler', 'export const other = 1', 'Runtime.HandlerNotFound', 'handler is undefined or not exported'],
    [
      'takes a callback',
      'export const handler = (e, c, done) => done()',
      'Runtime.CallbackHandlerDeprecated',
      'callback',
    ],
  ])('a bundle that %s fails every invocation, and says why', async (_what, code, errorType, text) => {
    await start({ bundle: bundleOf(code) })
    for (let i = 0; i < 2; i++)
      expect(await lambda!.invoke({})).toMatchObject({ errorType, errorMessage: expect.stringContaining(text) })
  })

  test('close kills what runs and leaves no process', async () => {
    await start()
    const running = Promise.all([lambda!.invoke({ do: 'hang' }), lambda!.invoke({ do: 'spin' })])
    await until(() => expect(lambda!.starts.filter(({ initMs }) => initMs !== undefined)).toHaveLength(2))
    await lambda!.close()
    for (const { pid } of lambda!.starts) expect(alive(pid)).toBe(false)
    expect((await running).map(({ ok }) => ok)).toEqual([false, false])
    await expect(lambda!.invoke({})).rejects.toThrow('closed')
  })

  describe('when the process that asked is gone', () => {
    let child: ChildProcess | undefined
    afterEach(() => child?.kill('SIGKILL'))

    test.each(['SIGTERM', 'SIGKILL'] as const)('by %s, a busy runtime goes with it', async signal => {
      const program = `
        const { startLambda } = await import('${import.meta.dirname}/lambda.ts')
        const lambda = await startLambda({ bundle: '${tricks}', timeoutMs: 60_000 })
        const { result } = await lambda.invoke({ do: 'pid' })
        lambda.invoke({ do: 'spin' })
        while (!lambda.stdout().includes('spinning')) await new Promise(resolve => setTimeout(resolve, 10))
        console.log(result)`
      child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
      const [line] = (await once(child.stdout!, 'data')) as [Buffer]
      const pid = Number(line.toString())
      expect(alive(pid)).toBe(true)
      child.kill(signal)
      await until(() => expect(alive(pid)).toBe(false))
    })
  })
})
