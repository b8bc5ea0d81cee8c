/**
 * `lockstep metrics`: on stdout, as JSON, into a file, to a collector. Planted: a file written in place, a start of now, a login in the
 * address that is shown, a bucket off by one, environment and exit code left out: each failed here.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { metricNames, metricOf } from '../../core/metrics/catalogue.ts'
import { FIRST, rotating } from './metrics-project.ts'
import { lose } from './replicated.ts'
import { DAY, type Data, HOUR, ManualClock, type Project, projects } from './support.ts'

const project = projects()
const LONG = 120_000

/** Rotated once, refused once; then the target is another's, and a rotation fails. */
async function lived(): Promise<Project> {
  const here = await rotating(project())
  await here.ok(['rotate', 'app', '--force'])
  return here
}

const sampleOf = (text: string, start: string): string[] => text.split('\n').filter(line => line.startsWith(start))

describe('on stdout', () => {
  test('the text of Prometheus, and nothing else', async () => {
    const here = await lived()
    const { code, stdout, stderr } = await here.main(['metrics'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const labels = 'secret="app",environment="default",secret_type="module"'
    expect(stdout).toContain(`\nsecret_rotation_total{${labels},status="success"} 1\n`)
    expect(stdout).toContain(`\nsecret_rotation_total{${labels},status="failed"} 0\n`)
    expect(stdout).toContain(`\nsecret_rotation_duration_seconds_count{${labels}} 1\n`)
    expect(sampleOf(stdout, 'secret_rotation_duration_seconds_count{secret="absent"')[0]).toMatch(/ 0$/)
    expect(sampleOf(stdout, 'secret_readable{')).toEqual([
      `secret_readable{${labels}} 1`,
      'secret_readable{secret="absent",environment="default",secret_type="postgres"} 0',
    ])
    expect(stdout).toMatch(/[^\n]\n$/)
    expect(stdout.split('\n').every(line => line === '' || /^(# (HELP|TYPE) )?secret_/.test(line))).toBe(true)
  })

  test('what failed is counted, and what was begun is pending', async () => {
    const here = await lived()
    const clock = new ManualClock()
    clock.time += 2 * DAY
    await here.ok(['retire', 'app'], { clock })
    const input = '{"username":"app","password":"of-nobody-4712"}'
    await here.ok(['secret', 'put', 'app', '--replace'], { input, clock })
    expect((await here.main(['rotate', 'app', '--force'], { clock })).code).toBe(4)
    const { stdout } = await here.ok(['metrics'], { clock })
    expect(sampleOf(stdout, 'secret_rotation_total{secret="app"').map(line => line.slice(-1))).toEqual(['1', '1', '0'])
    const { data } = await here.json(['status', 'app'])
    expect(sampleOf(stdout, 'secret_rotation_pending{secret="app"')[0]).toMatch(data.in_flight ? / 1$/ : / 0$/)
  })

  test('time passes: the age grows, the expiration falls below 0', async () => {
    const here = await lived()
    const clock = new ManualClock()
    clock.time += 40 * DAY
    const { stdout } = await here.ok(['metrics'], { clock })
    const [age, left] = ['age', 'expiration'].map(name =>
      Number(sampleOf(stdout, `secret_${name}_days{secret="app"`)[0]!.split(' ').at(-1)),
    )
    expect(age).toBeCloseTo(40, 1)
    expect(left).toBeCloseTo(-10, 1)
  })

  test('the environment that was chosen', async () => {
    const here = await lived()
    const config = JSON.parse(here.read('lockstep.yml')) as object
    here.write('lockstep.yml', JSON.stringify({ ...config, environments: { prod: {} } }))
    const { stdout } = await here.ok(['metrics', '--env', 'prod'])
    expect(stdout).toContain('secret_readable{secret="app",environment="prod",secret_type="module"} 1')
  })

  test('--json: the catalogue, each with its samples', async () => {
    const { data } = await (await lived()).json(['metrics'])
    expect(data.metrics.map((one: Data) => one.name)).toEqual(metricNames)
    for (const { name, type, unit, help } of data.metrics) expect({ type, unit, help }).toEqual(pick(name))
    const took = data.metrics.find((one: Data) => one.name === 'secret_rotation_duration_seconds')
    expect(took.samples.map(({ value }: Data) => value)).toEqual([
      { count: 1, sum: expect.any(Number) },
      { count: 0, sum: 0 },
    ])
    const readable = data.metrics.find((one: Data) => one.name === 'secret_readable')
    expect(readable.samples[0]).toEqual({
      labels: { secret: 'app', environment: 'default', secret_type: 'module' },
      value: 1,
    })
  })
})

const pick = (name: (typeof metricNames)[number]) => {
  const { type, unit, help } = metricOf(name)
  return { type, unit, help }
}

describe('--out', () => {
  test('replaces the file at once, readable by others, and leaves nothing beside it', async () => {
    const here = await lived()
    const file = here.write('textfile/lockstep.prom', 'before\n')
    const before = statSync(file).ino
    const { stdout } = await here.ok(['metrics', '--out', 'textfile/lockstep.prom'])
    expect(stdout).toMatch(/^\d+ samples of 2 secrets written to textfile\/lockstep\.prom\.\n$/)
    expect(here.read('textfile/lockstep.prom')).toContain('secret_readable{')
    expect(here.read('textfile/lockstep.prom').endsWith('\n')).toBe(true)
    // a reader that has it open reads the old one to its end
    expect(statSync(file).ino).not.toBe(before)
    expect(statSync(file).mode & 0o777).toBe(0o644)
    expect(readdirSync(here.at('textfile'))).toEqual(['lockstep.prom'])
  })

  test('no such folder: exit code 5, the file named', async () => {
    const ran = await (await lived()).main(['metrics', '--out', 'nowhere/lockstep.prom'])
    expect(ran).toMatchObject({ code: 5, stdout: '' })
    expect(ran.stderr).toMatch(/nowhere\/lockstep\.prom cannot be written/)
  })
})

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Data
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A collector that keeps what it is sent. */
async function collector(status = 200): Promise<{ readonly at: string; readonly received: readonly Received[] }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
    received.push({ url: request.url!, headers: request.headers, text, body: JSON.parse(text) })
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const attributes = (list: Data): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }: Data) => [key, value.stringValue]))

describe('--otlp', () => {
  test('pushes what the text says, with names, units, labels and starts', { timeout: LONG }, async () => {
    const here = await lived()
    const { at, received } = await collector()
    const began = Date.now()
    const { stdout } = await here.ok(['metrics', '--otlp', `http://somebody:hidden-4713@${at}/`])
    expect(stdout).toMatch(/samples of 2 secrets pushed to http:\/\/127\.0\.0\.1:\d+\/v1\/metrics\.\n$/)
    expect(stdout).not.toContain('hidden-4713')
    expect(received.map(({ url }) => url)).toEqual(['/v1/metrics'])
    const [{ resource, scopeMetrics }] = received[0]!.body.resourceMetrics
    expect(attributes(resource.attributes)).toMatchObject({ 'service.name': 'lockstep' })
    const metrics = new Map<string, Data>(scopeMetrics[0].metrics.map((one: Data) => [one.name, one]))
    // app has no followers, and nothing else is missing
    expect([...metrics.keys()]).toEqual(metricNames.filter(name => name !== 'secret_follower_lag_seconds'))
    for (const [name, { unit, description }] of metrics)
      expect({ unit, help: description }).toEqual({
        unit: metricOf(name as never).unit,
        help: metricOf(name as never).help,
      })

    const { sum } = metrics.get('secret_rotation_total')
    expect(sum).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 })
    const success = sum.dataPoints.find((point: Data) => {
      const { secret, status } = attributes(point.attributes)
      return secret === 'app' && status === 'success'
    })
    expect(success.asDouble).toBe(1)
    // counted since the oldest event, which was before this command
    expect(Number(BigInt(success.startTimeUnixNano) / 1_000_000n)).toBeLessThan(began)

    const [point] = metrics.get('secret_rotation_duration_seconds').histogram.dataPoints
    expect(Number(point.count)).toBe(1)
    expect(point.explicitBounds).toContain(120)
    expect(point.bucketCounts.map(Number)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0])

    const readable = metrics.get('secret_readable').gauge.dataPoints
    expect(readable.map((one: Data) => [attributes(one.attributes), one.asDouble])).toEqual([
      [{ secret: 'app', environment: 'default', secret_type: 'module' }, 1],
      [{ secret: 'absent', environment: 'default', secret_type: 'postgres' }, 0],
    ])
  })

  test('to the address of the environment; a whole one is taken as it is', { timeout: LONG }, async () => {
    const here = await lived()
    const { at, received } = await collector()
    await here.ok(['metrics', '--otlp'], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at}/base` } })
    await here.ok(['metrics', '--otlp'], { env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://${at}/whole` } })
    expect(received.map(({ url }) => url)).toEqual(['/base/v1/metrics', '/whole'])
  })

  test('refused by the collector: exit code 5, what to check, and no login', { timeout: LONG }, async () => {
    const here = await lived()
    const { at } = await collector(400)
    const ran = await here.main(['metrics', '--otlp', `http://somebody:hidden-4713@${at}`])
    expect(ran).toMatchObject({ code: 5, stdout: '' })
    expect(ran.stderr).toMatch(/The collector did not take the metrics\.[\s\S]*http:\/\/127\.0\.0\.1:\d+\/v1\/metrics/)
    expect(ran.stderr).not.toContain('hidden-4713')
  })

  test.each([
    [['--otlp'], '--otlp needs an address'],
    [['--otlp', 'localhost:4318'], 'is no URL of http or https'],
  ])('%j: a mistake of the command line', async (args, says) => {
    const ran = await (await lived()).main(['metrics', ...args])
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain(says)
  })

  test('without the packages: which to install; the text needs none of them', { timeout: LONG }, async () => {
    const here = await lived()
    const missing = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (/^@opentelemetry.(exporter|resources|sdk)/.test(name)) throw new Error('not installed')
        return next(name, context)
      } })`
    const through = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(missing)}`]
    const ran = await here.run(['metrics', '--otlp', 'http://127.0.0.1:9'], { through })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/npm install @opentelemetry\/api .*@opentelemetry\/sdk-metrics/)
    expect((await here.run(['metrics'], { through })).stdout).toContain('secret_readable{')
  })
})

/** `app` leads in one local store and is followed in another. */
async function followed(required = false): Promise<Project> {
  const store = (name: string) => ({
    kind: 'local',
    file: `.lockstep/${name}.db`,
    key: { file: '.lockstep/store.key' },
  })
  return rotating(
    project(),
    { store: 'local', followers: [{ store: 'us', required }], acceptGap: ['us'] },
    { epochs: { store: 'epochs' }, stores: { local: store('store'), us: store('us'), epochs: store('epochs') } },
  )
}

describe('followers', () => {
  test('0 when they show current, else since when they do not', { timeout: LONG }, async () => {
    const here = await followed()
    await here.ok(['replicate', 'app'])
    const clock = { now: () => Date.now() + HOUR, sleep: async () => {} }
    const lag = async (...args: string[]) =>
      sampleOf((await here.ok(['metrics', ...args], { clock })).stdout, 'secret_follower_lag_seconds{').map(
        line => line.split('} ')[1],
      )
    expect(await lag()).toEqual(['0'])
    expect(await lag('--no-followers')).toEqual([])
    await here.ok(['secret', 'put', 'app', '--replace'], { input: '{"username":"app","password":"later-4714"}' })
    const [behind] = await lag()
    expect(Number(behind)).toBeGreaterThan(3000)
  })

  test('a required one that does not show current holds the old credential', { timeout: LONG }, async () => {
    const here = await followed(true)
    await here.ok(['replicate', 'app'])
    const held = async () =>
      sampleOf((await here.ok(['metrics'])).stdout, 'secret_retirement_held{secret="app"').map(line => line.slice(-1))
    await here.ok(['rotate', 'app', '--force'])
    expect(await held()).toEqual(['0'])
    await here.ok(['secret', 'put', 'app', '--replace'], { input: '{"username":"app","password":"later-4715"}' })
    expect(await held()).toEqual(['1'])
  })

  test('nobody on record who leads: halted', async () => {
    const { stdout } = await (await followed()).ok(['metrics'])
    expect(sampleOf(stdout, 'secret_rotation_halted{secret="app"')[0]).toMatch(/ 1$/)
  })

  test('the leader is lost: not readable, the others are measured, and the exit code says so', {
    timeout: LONG,
  }, async () => {
    const here = await followed()
    await here.ok(['replicate', 'app'])
    lose(here, 'store')
    const { code, stdout } = await here.main(['metrics'])
    expect(code).toBe((await here.main(['status'])).code)
    expect(code).toBeGreaterThan(0)
    expect(sampleOf(stdout, 'secret_readable{').map(line => line.slice(-1))).toEqual(['0', '0'])
  })
})

test('no value is in any output, printed, written or sent', { timeout: LONG }, async () => {
  const here = await lived()
  const { at, received } = await collector()
  await here.ok(['metrics'])
  await here.ok(['metrics', '--json'])
  await here.ok(['metrics', '--out', 'lockstep.prom', '--otlp', `http://${at}`])
  const outputs = [here.printed, readFileSync(here.at('lockstep.prom'), 'utf8'), ...received.map(({ text }) => text)]
  expect(outputs).toHaveLength(3)
  const { stdout } = await here.ok(['secret', 'get', 'app', '--reveal', '--yes-print-secret'])
  const { password } = JSON.parse(stdout.split('\n').find(line => line.includes('password'))!) as { password: string }
  for (const value of [FIRST, password])
    for (const form of [value, Buffer.from(value).toString('base64'), encodeURIComponent(value)])
      for (const output of outputs) expect(output.includes(form)).toBe(false)
})
