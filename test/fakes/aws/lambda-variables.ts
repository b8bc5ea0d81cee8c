/**
 * The environment that a function of Lambda sees: nothing of ours is inherited.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 * @module
 */
import path from 'node:path'

export interface FunctionSettings {
  readonly name: string
  readonly region: string
  readonly accountId: string
  readonly memoryMiB: number
}

export const functionArn = ({ region, accountId, name }: FunctionSettings): string =>
  `arn:aws:lambda:${region}:${accountId}:function:${name}`

/** `undefined` in `own` takes a variable away, as Lambda never does but a test may want. */
export function functionVariables(
  settings: FunctionSettings,
  file: string,
  handler: string,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { name, region, memoryMiB } = settings
  const variables = {
    _HANDLER: handlerString(file, handler),
    LAMBDA_TASK_ROOT: path.dirname(file),
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_SESSION_TOKEN: 'test',
    AWS_EC2_METADATA_DISABLED: 'true', // not Lambda's: nothing here may ask the network for credentials
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    ...own,
  }
  return Object.fromEntries(Object.entries(variables).filter((pair): pair is [string, string] => pair[1] !== undefined))
}

/** `file.export`, as the console asks for it: the file without its extension. */
export const handlerString = (file: string, handler: string): string =>
  `${path.basename(file, path.extname(file))}.${handler}`
