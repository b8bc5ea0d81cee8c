/**
 * What `check --connect` and `plan --connect` saw at a target.
 * @module
 */
import type { Finding } from '../../core/ports/rotation-target.ts'
import type { Loggable } from '../../core/secret/loggable.ts'
import type { EndpointReport, Inspection } from '../inspect.ts'
import { stacked } from './block.ts'
import { errorData } from './error.ts'
import type { Style } from './style.ts'

export function inspectionText({ endpoints, findings, error, user }: Inspection, style: Style): string {
  return stacked(
    ...endpoints.map(report => `  ${endpointLine(report, user, style)}`),
    ...findings.map(finding => findingText(finding, style)),
    error &&
      `  ${style.red('✖')} ${error.message} [${error.code}]\n    ${error.next.replaceAll('NAME', error.secret ?? 'NAME')}`,
  )
}

function endpointLine({ endpoint, accepts, error }: EndpointReport, user: string | undefined, style: Style): string {
  const who = user ?? 'current'
  if (accepts) return `${style.green('✔')} ${endpoint} accepts ${who}`
  if (error)
    return `${style.red('✖')} ${endpoint} could not be asked: ${error.message} [${error.code}${error.foreign ? ` ${error.foreign}` : ''}]`
  return `${style.red('✖')} ${endpoint} refuses ${who}: wrong user or password [auth-failed]`
}

const signs = { blocks: ['✖', 'red'], warns: ['!', 'yellow'], info: ['i', 'cyan'] } as const

type Shown = Pick<Finding, 'kind' | 'explanation' | 'remedy'> & { readonly weight: keyof typeof signs }

export function findingText({ weight, kind, explanation, remedy }: Shown, style: Style): string {
  const [text, colour] = signs[weight]
  const sign = style[colour](text)
  return stacked(`  ${sign} ${explanation} [${kind}]`, remedy && `    ${style.dim(remedy)}`)
}

export const inspectionData = ({ endpoints, findings, error, user }: Inspection): { [key: string]: Loggable } => ({
  user,
  endpoints: endpoints.map(({ endpoint, accepts, error }) => ({
    endpoint,
    accepts,
    ...(error && { error: errorData(error, 'lockstep') }),
  })),
  findings: findings.map(({ fix, ...finding }) => ({ ...finding, fixable: fix !== undefined })),
  ...(error && { error: errorData(error, 'lockstep') }),
})
