/**
 * AWS: no tool but Node.js. STS says who is signed in, and IAM's simulator, where it may be asked, what that identity may do.
 * @module
 */
import type { Identity } from '../../aws/sigv4.ts'
import { sanitise } from '../../core/errors.ts'
import type { Io } from '../io.ts'
import { type Finding, missing, note, ok, unanswered, wrong } from './finding.ts'

/** https://docs.aws.amazon.com/general/latest/gr/rande.html: all have Secrets Manager and Lambda. */
const REGION = /^[a-z]{2}(-[a-z]+){1,2}-\d$/
const LONGEST_ANSWER = 15_000
const SIGN_IN = 'Sign in again: `aws sso login`, or set new credentials.'

/** What a deployment makes, at least. */
const ACTIONS = [
  'cloudformation:CreateStack',
  'events:PutRule',
  'iam:CreateRole',
  'iam:PassRole',
  'lambda:CreateFunction',
  'logs:CreateLogGroup',
  's3:CreateBucket',
  'sqs:CreateQueue',
] as const

export async function awsFindings(region: string | undefined, io: Io): Promise<readonly Finding[]> {
  const node = ok('tool', `Node.js ${process.versions.node}; AWS needs no other tool.`)
  if (region === undefined || !REGION.test(region))
    return [
      node,
      wrong(
        'region',
        `The region ${region ?? '(none)'} is none of AWS.`,
        'a name such as eu-central-1',
        'Name it with --region or AWS_REGION.',
      ),
    ]
  const who = await identity(region)
  if ('level' in who) return [node, who]
  const { finding, arn } = await callerIdentity(who, region, io)
  if (arn === undefined) return [node, finding]
  return [node, finding, ok('region', `The region ${region} answers.`), await permissions(who, arn, io)]
}

async function identity(region: string): Promise<Identity | Finding> {
  try {
    const { callerOf } = await import('../../aws/hooks-call.ts')
    return await (await callerOf(region)).identity()
  } catch (thrown) {
    const { code, message, next } = sanitise(thrown)
    if (code === 'driver-missing') return missing('tool', message, 'the SDK of AWS', next)
    return missing(
      'sign-in',
      'No credentials of AWS are found, or they have expired.',
      'credentials as the SDK finds them',
      SIGN_IN,
    )
  }
}

async function callerIdentity(who: Identity, region: string, io: Io): Promise<{ finding: Finding; arn?: string }> {
  const place = io.env.AWS_ENDPOINT_URL_STS || io.env.AWS_ENDPOINT_URL || `https://sts.${region}.${suffixOf(region)}`
  const answer = await asked(place, { Action: 'GetCallerIdentity', Version: '2011-06-15' }, who, 'sts', region, io)
  const arn = answer.ok ? elementsOf(answer.text, 'Arn')[0] : undefined
  if (arn !== undefined) return { finding: ok('sign-in', `Signed in to AWS as ${arn}.`), arn }
  if (answer.foreign === 'ENOTFOUND')
    return {
      finding: wrong(
        'region',
        `The region ${region} has no address of STS.`,
        'a region of AWS',
        'Name another with --region.',
      ),
    }
  if (answer.status === undefined || answer.status >= 500 || answer.ok)
    return {
      finding: unanswered(
        'sign-in',
        `STS of ${region} gave no answer that says who is signed in.`,
        'Look at the network, and try again.',
      ),
    }
  const [code = ''] = elementsOf(answer.text, 'Code')
  const expired = /^Expired/.test(code)
  const says = expired ? 'The credentials of AWS have expired.' : `STS refuses the credentials (${word(code)}).`
  return { finding: missing('sign-in', says, 'credentials that STS accepts', SIGN_IN) }
}

/** A policy for certain resources reads as a denial here: what the simulator misses is told, and stops nobody. */
async function permissions(who: Identity, arn: string, io: Io): Promise<Finding> {
  const place = io.env.AWS_ENDPOINT_URL_IAM || io.env.AWS_ENDPOINT_URL || 'https://iam.amazonaws.com'
  const actions = ACTIONS.map((action, index) => [`ActionNames.member.${index + 1}`, action])
  const source = arn.replace(/^(arn:[\w-]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3')
  const form = {
    Action: 'SimulatePrincipalPolicy',
    Version: '2010-05-08',
    PolicySourceArn: source,
    ...Object.fromEntries(actions),
  }
  const answer = await asked(place, form, who, 'iam', 'us-east-1', io)
  const names = elementsOf(answer.text, 'EvalActionName')
  if (!answer.ok || names.length === 0)
    return note('permissions', 'What the identity may do could not be asked (iam:SimulatePrincipalPolicy).')
  const decisions = elementsOf(answer.text, 'EvalDecision')
  const refused = names.filter((_, index) => decisions[index] !== 'allowed').map(word)
  if (refused.length === 0) return ok('permissions', `IAM's simulator allows ${names.length} calls of a deployment.`)
  return note(
    'permissions',
    `IAM's simulator does not allow ${refused.join(', ')} on every resource; a policy for these resources may.`,
  )
}

interface Answer {
  readonly ok: boolean
  readonly status?: number
  readonly text: string
  readonly foreign?: string
}

async function asked(
  place: string,
  form: Readonly<Record<string, string>>,
  who: Identity,
  service: string,
  region: string,
  { clock, signal }: Io,
): Promise<Answer> {
  const { signed } = await import('../../aws/sigv4.ts')
  const url = new URL(place)
  const body = new URLSearchParams(form).toString()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST', host: url.host, path: '/', headers: type, body }
  const headers = signed(request, who, { service, region, at: new Date(clock.now()) })
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_ANSWER)])
    const answer = await fetch(url, { method: 'POST', headers, body, signal: within, redirect: 'manual' })
    return { ok: answer.ok, status: answer.status, text: await answer.text() }
  } catch (error) {
    const foreign = Object(Object(error).cause).code
    return { ok: false, text: '', ...(typeof foreign === 'string' && { foreign }) }
  }
}

const suffixOf = (region: string): string => (region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com')

const word = (text: string): string => (/^[\w:.-]{1,80}$/.test(text) ? text : 'no code')

/** Of a small answer whose elements hold no markup. */
const elementsOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>\\s*([^<\\s]+)\\s*</${name}>`, 'g'))].map(([, text]) => text!)
