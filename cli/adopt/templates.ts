/**
 * AWS's own rotation templates, recognised by the name of a function or by the value of a secret. Pure.
 * Names: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html
 * @module
 */

/** As people call it. */
export type Engine =
  | 'PostgreSQL'
  | 'MySQL'
  | 'MariaDB'
  | 'Oracle'
  | 'SQL Server'
  | 'Db2'
  | 'MongoDB'
  | 'Redshift'
  | 'InfluxDB'

export interface Template {
  readonly engine: Engine | 'ElastiCache' | 'Active Directory' | 'generic'
  readonly users: 'single-user' | 'multi-user'
}

const inNames: Readonly<Record<string, Engine>> = {
  db2: 'Db2',
  mariadb: 'MariaDB',
  mysql: 'MySQL',
  oracle: 'Oracle',
  postgresql: 'PostgreSQL',
  sqlserver: 'SQL Server',
  mongodb: 'MongoDB',
  redshift: 'Redshift',
  influxdb: 'InfluxDB',
}

/** What the templates accept as `engine` in the value. */
const inValues: Readonly<Record<string, Engine>> = {
  postgres: 'PostgreSQL',
  'aurora-postgresql': 'PostgreSQL',
  mysql: 'MySQL',
  'aurora-mysql': 'MySQL',
  mariadb: 'MariaDB',
  oracle: 'Oracle',
  sqlserver: 'SQL Server',
  db2: 'Db2',
  mongo: 'MongoDB',
  redshift: 'Redshift',
  'timestream-influxdb': 'InfluxDB',
}

/** `SecretsManagerRDSPostgreSQLRotationSingleUser` of the application repository, and `PostgreSQLSingleUser` of hosted rotation. */
const DATABASE =
  /(?:^|[-_]|SecretsManager|RDS)(Db2|MariaDB|MySQL|Oracle|PostgreSQL|SQLServer|MongoDB|Redshift|InfluxDB)(?:Rotation)?[-_]?(Single|Multi)User/i

/** The function's name out of its ARN, with or without a version behind it. */
export const functionName = (arn: string): string => /:function:([^:]+)/.exec(arn)?.[1] ?? arn

/** Undefined: the name says nothing. Names that people chose are not guessed at. */
export function templateOfFunction(arn: string): Template | undefined {
  const name = functionName(arn)
  const [, engine, users] = DATABASE.exec(name) ?? []
  if (engine !== undefined)
    return { engine: inNames[engine.toLowerCase()]!, users: /single/i.test(users!) ? 'single-user' : 'multi-user' }
  if (/SecretsManagerElasticacheUserRotation/i.test(name)) return { engine: 'ElastiCache', users: 'single-user' }
  if (/SecretsManagerActiveDirectory/i.test(name)) return { engine: 'Active Directory', users: 'single-user' }
  return /SecretsManagerRotationTemplate/i.test(name) ? { engine: 'generic', users: 'single-user' } : undefined
}

/** A value in the documented format names its engine; the secret of an admin in it makes it the multi-user one. */
export function templateOfValue({ engine, masterarn }: { engine?: string; masterarn?: string }): Template | undefined {
  const known = engine === undefined || !Object.hasOwn(inValues, engine) ? undefined : inValues[engine]!
  return known && { engine: known, users: masterarn === undefined ? 'single-user' : 'multi-user' }
}
