/**
 * What a review asks of a workflow, beyond what actionlint knows: nobody else's code that can change under us, no more rights than a job
 * uses, no stored keys, and no text of an event that a shell would run.
 */
import { parse } from 'yaml'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly steps: readonly Step[]
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly concurrency?: { readonly 'cancel-in-progress'?: boolean }
  readonly 'timeout-minutes'?: number
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const SIGN_IN = /^(aws-actions\/configure-aws-credentials|google-github-actions\/auth|azure\/login)@/
/** What each right to write is there for: a step that uses or runs this. */
const NEEDED: Readonly<Record<string, RegExp>> = {
  'id-token':
    /configure-aws-credentials@|google-github-actions\/auth@|azure\/login@|attest-build-provenance@|npm publish --provenance/,
  attestations: /attest-build-provenance@/,
  contents: /gh release create/,
}

export function mistakesOf(text: string): readonly string[] {
  const { on, permissions, jobs } = parse(text) as Workflow
  const found: string[] = []
  const must = (holds: boolean, says: string) => {
    if (!holds) found.push(says)
  }
  must(JSON.stringify(permissions) === '{}', 'permissions at the top are not {}')
  must(!('pull_request_target' in on), 'runs what a stranger wrote with rights of ours')
  must(!/\bsecrets\b/.test(text.replaceAll(/^\s*#.*$/gm, '')), 'uses a stored secret')
  for (const [line] of text.matchAll(/uses: .*/g))
    must(
      /^uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line),
      `${line} is not pinned by a hash with its version`,
    )
  for (const [name, job] of Object.entries(jobs)) for (const says of mistakesOfJob(job)) found.push(`${name}: ${says}`)
  return found
}

function* mistakesOfJob({ steps, permissions, environment, concurrency, ...job }: Job): Generator<string> {
  const all = steps.map(({ uses, run }) => uses ?? run).join('\n')
  if (permissions === undefined) yield 'does not say its permissions'
  for (const [right, level] of Object.entries(permissions ?? {}))
    if (level === 'write' && !NEEDED[right]?.test(all)) yield `may write ${right}, and does not`
    else if (level !== 'write' && level !== 'read') yield `${right}: ${level} is no least right`
  if (job['timeout-minutes'] === undefined) yield 'may run for ever'
  if (steps.some(({ uses }) => SIGN_IN.test(uses ?? ''))) {
    if (environment === undefined) yield 'signs in outside of an environment, which nobody approves'
    if (concurrency?.['cancel-in-progress'] !== false) yield 'may be stopped, or run twice at once'
  }
  if (/npm publish/.test(all) && (environment === undefined || !all.includes('--provenance')))
    yield 'publishes without an approval, or without provenance'
  for (const { run, uses, with: given } of steps) {
    if (run?.match(/\$\{\{/)) yield 'puts an expression into a script: give it in env'
    if (uses?.startsWith('actions/checkout@') && given?.['persist-credentials'] !== false)
      yield 'leaves a token on the disk'
    const keys = Object.keys(given ?? {}).filter(key => /access-key|secret|^creds$|credentials_json|password/.test(key))
    for (const key of keys) yield `signs in with a key: ${key}`
  }
}

/** Of all workflows: one action, one hash. */
export function pinsOf(texts: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const pins = new Map<string, Set<string>>()
  for (const [, action, pin] of texts.join('\n').matchAll(/uses: ([^@\n]+)@(.*)/g))
    pins.set(action!, (pins.get(action!) ?? new Set()).add(pin!))
  return pins
}
