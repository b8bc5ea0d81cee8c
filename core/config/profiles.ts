/**
 * Managed databases by name: what the service that runs the server adds to what the engine says.
 * @module
 */
import type { EngineTargetConfig } from './types.ts'

export const profiles = ['rds', 'aurora', 'cloud-sql', 'azure'] as const
export type Profile = (typeof profiles)[number]

export interface PasswordLimits {
  readonly shortest: number
  readonly longest: number
  /** Characters that the service refuses. */
  readonly forbidden: string
  /** Of how many of the four classes there must be a character. */
  readonly classes: number
}

export interface ProfileFacts {
  /** As people call it. */
  readonly title: string
  /** Its engines. Undefined: the service has no limits of its own. */
  readonly engines: { readonly [kind in EngineTargetConfig['kind']]?: PasswordLimits | undefined }
  /** The service's own roles and logins: the admin may be a member of them, and none of them is ever rotated. */
  readonly own: RegExp
}

const limits = (shortest: number, longest: number, forbidden: string, classes = 1): PasswordLimits => ({
  shortest,
  longest,
  forbidden,
  classes,
})

/** Of the service's API for its master user. SQL takes more, but then nobody could set the same password there. */
const RDS_FORBIDDEN = '/"@'
/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html and API_ModifyDBCluster.html */
const rds = {
  postgres: limits(8, 128, RDS_FORBIDDEN),
  mysql: limits(8, 41, RDS_FORBIDDEN),
  mariadb: limits(8, 41, RDS_FORBIDDEN),
  sqlserver: limits(8, 128, RDS_FORBIDDEN),
  oracle: limits(8, 30, `${RDS_FORBIDDEN}&'`),
}
/** Of administrators: https://learn.microsoft.com/azure/postgresql/, the same for MySQL and SQL. */
const AZURE = limits(8, 128, '', 3)

export const profileFacts: Readonly<Record<Profile, ProfileFacts>> = {
  rds: { title: 'Amazon RDS', engines: rds, own: /^rds/i },
  aurora: {
    title: 'Amazon Aurora',
    engines: { postgres: limits(8, 41, RDS_FORBIDDEN), mysql: limits(8, 41, RDS_FORBIDDEN) },
    own: /^rds/i,
  },
  'cloud-sql': {
    title: 'Cloud SQL',
    engines: { postgres: undefined, mysql: undefined, sqlserver: undefined },
    own: /^cloudsql/i,
  },
  azure: {
    title: 'Azure Database',
    engines: { postgres: AZURE, mysql: AZURE, sqlserver: AZURE },
    own: /^azure/i,
  },
}

/** The region that an endpoint of RDS names. Any other host: undefined. */
export const regionOfRds = (host: string): string | undefined =>
  /\.([a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com(?:\.cn)?$/i.exec(host)?.[1]?.toLowerCase()
