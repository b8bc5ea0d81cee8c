/**
 * Every permission that the functions on AWS use: which call needs it, on what, and whose role has it. What that is in one
 * configuration: `aws-resources.ts`.
 * @module
 */
import type { Permission } from './permission.ts'

export type FunctionName = 'rotate' | 'sweep' | 'onEvent' | 'worker'
export const functionNames: readonly FunctionName[] = ['rotate', 'sweep', 'onEvent', 'worker']

/** What a permission is granted on, and how the page calls it. The names are those of the statements. */
export const kinds = {
  Attached: 'each declared secret of the region of the stack',
  AttachedAdmins: 'each admin secret of these that is not declared itself',
  ManagedAdmins: 'each of these admin secrets that RDS manages',
  Databases: 'databases of RDS in the region of the stack, where a declared one has an admin secret',
  Secrets: 'each declared secret and its copies',
  Copies: 'each follower that is no native replica',
  Replicas: 'each native replica',
  Register: 'the record of who leads, of each secret with followers (`epochs:`)',
  Read: 'each admin secret, and each key of a webhook, that is not declared itself',
  Roles: 'the `role` of each store',
  Logins: 'the `user` of each admin with `token: rds-iam`, at any database of its region',
  Listing: '`*`: the action takes no name of a secret',
  Rotation: 'the function `rotate`',
  Services: 'the service of each hook of kind `ecs`',
  Lambdas: 'the function of each hook of kind `lambda-environment`',
  Work: 'the queue of the stack',
  DeadLetters: 'the dead letters of the stack',
  Key: 'the key `kmsKeyArn`, through Secrets Manager only',
  Logs: 'the log group of the function',
  Interfaces: '`*`, and denied to the code itself: in a VPC only',
  Users: 'no function reaches one: a module of yours that opens `createElasticacheTarget` has to be granted it',
} as const
export type Kind = keyof typeof kinds

export interface AwsCall extends Omit<Permission, 'resources'> {
  readonly on: Kind
  readonly functions: readonly FunctionName[]
}

const FLEET = ['sweep', 'onEvent', 'worker'] as const
const ROTATE = ['rotate'] as const
const secret = 'aws/requests.ts'

type Line = readonly [action: string, neededBy: Permission['neededBy'], why: string]
const of = (on: Kind, functions: AwsCall['functions'], ...lines: readonly Line[]): AwsCall[] =>
  lines.map(([action, neededBy, why]) => ({ on, functions, action, neededBy, why }))

const LOOK: Line = [
  'secretsmanager:DescribeSecret',
  `${secret}#describe`,
  'Which version is current, pending, previous.',
]
const READ: Line = [
  'secretsmanager:GetSecretValue',
  `${secret}#get`,
  'The credential to change, and the one to log in with.',
]
const PUT: Line = ['secretsmanager:PutSecretValue', `${secret}#put`, 'The new version, which nobody reads yet.']
const MOVE: Line = [
  'secretsmanager:UpdateSecretVersionStage',
  `${secret}#move`,
  'Claims, promotes and retires a version.',
]
const TAG: Line = ['secretsmanager:TagResource', `${secret}#tag`, 'When it was promoted, failed attempts, epochs.']

export const awsCalls: readonly AwsCall[] = [
  ...of('Attached', ROTATE, LOOK, READ, PUT, MOVE),
  ...of('AttachedAdmins', ROTATE, ['secretsmanager:GetSecretValue', `${secret}#get`, 'The login of the admin.']),
  ...of('ManagedAdmins', ROTATE, ['secretsmanager:DescribeSecret', `${secret}#describe`, 'Tags name its database.']),
  ...of(
    'Databases',
    ROTATE,
    ['rds:DescribeDBInstances', 'aws/drop-in/managed-databases.ts#instance', 'Where the admin logs in.'],
    ['rds:DescribeDBClusters', 'aws/drop-in/managed-databases.ts#cluster', 'Whose copy a reader is.'],
  ),
  ...of('Secrets', FLEET, LOOK, READ, PUT, MOVE, TAG, [
    'secretsmanager:ListSecretVersionIds',
    `${secret}#versions`,
    'Versions without a label, after a person has edited the secret.',
  ]),
  ...of('Rotation', FLEET, ['lambda:InvokeFunction', `${secret}#rotate`, 'RotateSecret asks for it.']),
  ...of('Attached', FLEET, [
    'secretsmanager:RotateSecret',
    `${secret}#rotate`,
    'Begins the rotation of a secret that Secrets Manager rotates.',
  ]),
  ...of('Copies', FLEET, ['secretsmanager:CreateSecret', `${secret}#create`, 'A copy that is not there yet.']),
  ...of('Replicas', FLEET, [
    'secretsmanager:StopReplicationToReplica',
    `${secret}#standAlone`,
    'After a fail-over: detaches it from the former leader.',
  ]),
  ...of('Register', FLEET, LOOK, READ, PUT, MOVE, TAG),
  ...of('Read', FLEET, [
    'secretsmanager:GetSecretValue',
    `${secret}#get`,
    'The login of the admin; the key of a hook.',
  ]),
  ...of('Roles', FLEET, ['sts:AssumeRole', 'aws/client.ts#assumed', 'Secrets of another account.']),
  ...of('Logins', FLEET, ['rds-db:connect', 'aws/admin-token.ts#rdsIam', 'The login of the admin by a token.']),
  ...of(
    'Services',
    FLEET,
    ['ecs:DescribeServices', 'aws/hooks-ecs.ts#ecsHook', 'Whether it has rolled out.'],
    ['ecs:UpdateService', 'aws/hooks-ecs.ts#ecsHook', 'A new deployment.'],
    ['ecs:TagResource', 'aws/hooks-ecs.ts#ecsHook', 'For which version it was made.'],
  ),
  ...of(
    'Lambdas',
    FLEET,
    ['lambda:GetFunctionConfiguration', 'aws/hooks-lambda.ts#lambdaHook', 'The variables that are to stay.'],
    ['lambda:UpdateFunctionConfiguration', 'aws/hooks-lambda.ts#lambdaHook', 'The version, as a variable.'],
  ),
  ...of(
    'Listing',
    ['sweep'],
    ['secretsmanager:ListSecrets', `${secret}#list`, 'Hints, where a store has more than ten secrets.'],
  ),
  ...of('Work', ['sweep'], ['sqs:SendMessage', 'aws/queue.ts#send', 'Hands over what it cannot finish.']),
  ...of('DeadLetters', ['sweep'], ['sqs:SendMessage', 'aws/service.yml#sweep', 'Lambda puts there what failed.']),
  ...of('DeadLetters', ['onEvent'], ['sqs:SendMessage', 'aws/service.yml#onEvent', 'Lambda puts there what failed.']),
  ...of(
    'Work',
    ['worker'],
    ['sqs:ReceiveMessage', 'aws/service.yml#worker', 'Lambda takes the messages.'],
    ['sqs:DeleteMessage', 'aws/service.yml#worker', 'Lambda removes what is done.'],
    ['sqs:GetQueueAttributes', 'aws/service.yml#worker', 'Lambda sees how many there are.'],
  ),
  ...of(
    'Key',
    functionNames,
    ['kms:Decrypt', `${secret}#get`, 'Secrets Manager reads a value for its caller.'],
    ['kms:GenerateDataKey', `${secret}#put`, 'Secrets Manager writes a value for its caller.'],
  ),
  ...of(
    'Logs',
    functionNames,
    ['logs:CreateLogStream', 'aws/log.ts#toStream', 'Lambda writes what the function prints.'],
    ['logs:PutLogEvents', 'aws/log.ts#toStream', 'Lambda writes what the function prints.'],
  ),
  ...of(
    'Interfaces',
    functionNames,
    ...['Assign', 'Unassign'].map(
      (verb): Line => [
        `ec2:${verb}PrivateIpAddresses`,
        'infra/aws/parameters.yml#VpcConfig',
        'Lambda brings the function into the VPC.',
      ],
    ),
    ...['Create', 'Delete', 'Describe'].map(
      (verb): Line => [
        `ec2:${verb}NetworkInterface${verb === 'Describe' ? 's' : ''}`,
        'infra/aws/parameters.yml#VpcConfig',
        'Lambda brings the function into the VPC.',
      ],
    ),
    ['ec2:DescribeSubnets', 'infra/aws/parameters.yml#VpcConfig', 'Lambda brings the function into the VPC.'],
  ),
  ...of(
    'Users',
    [],
    ['elasticache:DescribeUsers', 'aws/targets/elasticache-users.ts#describeUser', 'Whether a change has arrived.'],
    ['elasticache:ModifyUser', 'aws/targets/elasticache-users.ts#setPasswords', 'Gives a user its passwords.'],
  ),
]
