/**
 * The stack without the framework: no bucket of its own and no time in the addresses of its code, so that it is the same from run to
 * run, and anything that speaks CloudFormation can deploy it.
 * @module
 */
export interface Template {
  readonly Description?: string
  readonly Parameters?: Readonly<Record<string, object>>
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >
  readonly Outputs?: Readonly<Record<string, object>>
  readonly [section: string]: unknown
}

const parameters = {
  ArtifactBucket: {
    Type: 'String',
    Description: 'The bucket that the zips were copied to, in the region of the stack.',
  },
  ArtifactPrefix: {
    Type: 'String',
    Description: 'Before the names of the zips. One of its own for each version: CloudFormation looks at no content.',
    AllowedPattern: '([A-Za-z0-9._-]+/)+',
  },
}

export function standalone(compiled: Template): Template {
  const resources = Object.entries(compiled.Resources).filter(([name]) => !isOfFramework(name))
  const outputs = Object.entries(compiled.Outputs ?? {}).filter(([name]) => !isOfFramework(name))
  return {
    ...compiled,
    Description: 'Lockstep: rotation of secrets, its schedule, its queue and its events',
    Parameters: { ...parameters, ...compiled.Parameters },
    Resources: Object.fromEntries(resources.map(([name, resource]) => [name, withCode(resource)])),
    // exported names are the framework's, for other stacks of its own
    Outputs: Object.fromEntries(
      outputs.map(([name, { Export: _, ...output }]: [string, { Export?: unknown }]) => [name, output]),
    ),
  }
}

const isOfFramework = (name: string): boolean => name.startsWith('ServerlessDeploymentBucket')

function withCode(resource: Template['Resources'][string]): Template['Resources'][string] {
  if (resource.Type !== 'AWS::Lambda::Function') return resource
  const { S3Key } = resource.Properties!.Code as { S3Key: string }
  const zip = S3Key.slice(S3Key.lastIndexOf('/') + 1)
  const Code = { S3Bucket: { Ref: 'ArtifactBucket' }, S3Key: { 'Fn::Sub': `\${ArtifactPrefix}${zip}` } }
  return { ...resource, Properties: { ...resource.Properties, Code } }
}
