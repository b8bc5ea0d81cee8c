import { invalid, ServiceFault } from './errors.ts'

/** The endpoint that a request came to, and the project behind it. */
export interface Site {
  readonly project: { readonly id: string; readonly number: string }
  /** Of a regional endpoint; absent: the global one. */
  readonly location?: string | undefined
}

export interface SecretName {
  /** As the service names it: with the project's number, whichever was asked for (recorded on the service). */
  readonly secret: string
  readonly id: string
}

export interface VersionName extends SecretName {
  /** A number, `latest` or an alias. */
  readonly version: string
}

const PARTS = /^projects\/([^/]+)(?:\/locations\/([^/]+))?(?:\/secrets\/([^/]+))?(?:\/versions\/([^/]+))?$/

/**
 * Global names belong to the global endpoint and regional ones to their region's (docs, "Regional endpoints"). The text is
 * the one recorded where a regional name reached the global endpoint; that the other cases read alike is assumed.
 */
function parse(site: Site, name: string, suffix: string): RegExpExecArray {
  const parts = PARTS.exec(name)
  const prefix = site.location === undefined ? 'projects/*' : `projects/*/locations/${site.location}`
  const deep = parts?.[4] !== undefined ? 2 : parts?.[3] !== undefined ? 1 : 0
  if (!parts || parts[2] !== site.location || deep !== suffix.split('*').length - 1) {
    throw invalid(`The provided Secret ID [${name}] does not match the expected format [${prefix}${suffix}]`)
  }
  return parts
}

const canonical = (site: Site): string =>
  `projects/${site.project.number}${site.location === undefined ? '' : `/locations/${site.location}`}`

export function parentName(site: Site, name: string): string {
  parse(site, name, '')
  return canonical(site)
}

export function secretName(site: Site, name: string): SecretName {
  const parts = parse(site, name, '/secrets/*')
  return { secret: `${canonical(site)}/secrets/${parts[3]}`, id: parts[3]! }
}

export function versionName(site: Site, name: string): VersionName {
  const parts = parse(site, name, '/secrets/*/versions/*')
  return { secret: `${canonical(site)}/secrets/${parts[3]}`, id: parts[3]!, version: parts[4]! }
}

/** A project is known by its id and by its number. Another one is denied, not absent, as everywhere on Google Cloud. */
export function checkProject(site: Site, name: string, permission: string): void {
  const project = PARTS.exec(name)?.[1]
  if (project === undefined || project === site.project.id || project === site.project.number) return
  throw denied(permission, name)
}

/** The text as recorded on the service; ErrorInfo as IAM sends it. */
export const denied = (permission: string, resource: string): ServiceFault =>
  new ServiceFault(
    'PERMISSION_DENIED',
    `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`,
    {
      reason: 'IAM_PERMISSION_DENIED',
      domain: 'iam.googleapis.com',
      metadata: { permission, resource },
    },
  )
