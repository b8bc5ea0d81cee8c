/**
 * `lockstep deploy-check`: what is missing before the functions of a cloud can be deployed. Changes nothing.
 * @module
 */
import { type Command, Option } from 'commander'
import { RotationError } from '../../core/errors.ts'
import type { Cloud } from '../../core/functions/configuration.ts'
import type { Answer } from '../answer.ts'
import { awsFindings } from '../deploy-check/aws.ts'
import { azureFindings } from '../deploy-check/azure.ts'
import { configurationFindings } from '../deploy-check/configuration.ts'
import { exitOf, type Finding, note } from '../deploy-check/finding.ts'
import { gcpFindings } from '../deploy-check/gcp.ts'
import { frameworkFinding, readService, regionOf, serviceFindings } from '../deploy-check/service.ts'
import { counted, stacked } from '../render/block.ts'
import type { Style } from '../render/style.ts'
import type { Run, Session } from '../session.ts'

const clouds = ['aws', 'gcp', 'azure'] as const
const lookAt = { aws: awsFindings, gcp: gcpFindings, azure: azureFindings }

interface DeployCheckOptions {
  readonly cloud?: Cloud
  readonly stage: string
  readonly region?: string
  readonly param: readonly string[]
}

export function addDeployCheck(program: Command, run: Run): void {
  program
    .command('deploy-check')
    .summary('what is missing before functions are deployed')
    .description(
      'Looks at the tools, the sign-in, the region, the stage, the schedules and the configuration that a deployment of the functions needs. Run it where serverless.yml is. Changes nothing.',
    )
    .addOption(new Option('--cloud <cloud>', 'where to; CLOUD if left out, else aws').choices(clouds))
    .option('--stage <name>', 'a stage of serverless.yml', 'dev')
    .option('--region <region>', 'if left out, as the service has it')
    .option(
      '--param <key=value>',
      'as given to serverless; may be repeated',
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .addHelpText(
      'after',
      `
Examples:
  lockstep deploy-check --cloud aws --stage prod --env prod
  lockstep deploy-check --cloud gcp --region europe-west1
  lockstep deploy-check --cloud azure --json

Exit code 0: nothing is missing. 2: something that was written or typed is wrong. 4: a tool, a
sign-in, a permission or a variable is missing. 5: a service did not answer. The first in the order
2, 4, 5 if there are several.`,
    )
    .action((options: DeployCheckOptions) => run(session => deployCheck(session, options)))
}

async function deployCheck(
  session: Session,
  { stage, region: said, param, ...options }: DeployCheckOptions,
): Promise<Answer> {
  const { io } = session
  const cloud = options.cloud ?? cloudOf(io.env.CLOUD)
  const service = readService(io.cwd, cloud, stage, parametersOf(param))
  const region = regionOf(service, said, io.env[`${cloud.toUpperCase()}_REGION`])
  const environment = environmentOf(session)
  const named = session.options.config ?? (io.env.LOCKSTEP_CONFIG || undefined)
  const wanted = { cloud, folder: io.cwd, stage, stages: service?.stages ?? [], named, environment }
  const findings = [
    frameworkFinding(io.cwd),
    ...(await session.working(`asking ${cloud}`, () => lookAt[cloud](region, io))),
    ...serviceFindings(service, cloud, stage),
    ...(await configurationFindings(wanted, io)),
    ...(environment !== undefined && !io.env.LOCKSTEP_ENVIRONMENT ? [taken(environment)] : []),
  ]
  const exit = exitOf(findings)
  return {
    data: {
      ok: exit === 0,
      ...{ cloud, stage, region: region ?? null, environment: environment ?? null },
      findings: findings.map(one => ({ ...one })),
    },
    text: stacked(...findings.map(one => textOf(one, session.style)), summary(findings, session.style)),
    ...(exit !== 0 && { next: `deploy-check --cloud ${cloud} --stage ${stage}` }),
    exit,
  }
}

function cloudOf(said: string | undefined): Cloud {
  if (!said) return 'aws'
  const found = clouds.find(cloud => cloud === said)
  if (found) return found
  throw new RotationError('usage', `CLOUD must be aws, gcp or azure, not ${said}.`, { next: 'Set it, or say --cloud.' })
}

/** The one that the functions would read. */
function environmentOf({ options, io }: Session): string | undefined {
  const [said, set] = [options.env, io.env.LOCKSTEP_ENVIRONMENT || undefined]
  if (said !== undefined && set !== undefined && said !== set)
    throw new RotationError(
      'usage',
      `--env is ${said}, and LOCKSTEP_ENVIRONMENT, which a deployment takes, is ${set}.`,
      {
        next: 'Make both the same, or leave --env out.',
      },
    )
  return said ?? set
}

const taken = (environment: string): Finding =>
  note('stage', `A deployment takes its environment from the variable: set LOCKSTEP_ENVIRONMENT=${environment}.`)

const parametersOf = (all: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    all.map(one => {
      const at = one.indexOf('=')
      if (at > 0) return [one.slice(0, at), one.slice(at + 1)]
      throw new RotationError('usage', '--param needs a name and a value, such as sweepSchedule=….')
    }),
  )

function textOf({ level, says, expected, next }: Finding, style: Style): string {
  if (level === 'ok') return `${style.green('✔')} ${says}`
  if (level === 'note') return `${style.cyan('i')} ${says}`
  const sign = level === 'unanswered' ? style.yellow('?') : style.red('✖')
  return stacked(`${sign} ${says}`, expected && `    expected: ${expected}`, next && `    to do:    ${next}`)
}

function summary(findings: readonly Finding[], style: Style): string {
  const open = findings.filter(({ level }) => level !== 'ok' && level !== 'note').length
  if (open === 0) return `${style.green('✔')} Nothing is missing: a deployment can begin.`
  return `${style.red('✖')} ${counted(open, 'thing')} to settle first; nothing was changed.`
}
