/**
 * The bill of materials of one cloud's zips, in CycloneDX: each package that some source in them came from, once for each version.
 * What a platform installs or brings itself (Google's framework, Azure's host) is in no zip, and so not here.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { type Sources, sha256 } from './builds.ts'

const root = resolve(import.meta.dirname, '..')

/** Of the generator for npm, whose library it is. */
const library = createRequire(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-npm'))(
  '@cyclonedx/cyclonedx-library',
)

export interface Zip {
  /** From `dist`. */
  readonly file: string
  readonly entries: readonly { readonly name: string; readonly content: Uint8Array }[]
}

export interface Package {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly zips: ReadonlySet<string>
}

/** The folder of a package, of a source that is in one; sources that a plugin of the build invented are not. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/:]+\/)?[^/:]+(?=\/)/

/** Packages in the zips by `name@version`. A bundled file that no build has told of is an error: its content would be unknown. */
export function packagesOf(zips: readonly Zip[], sources: Sources): ReadonlyMap<string, Package> {
  const found = new Map<string, { manifest: Package['manifest']; zips: Set<string> }>()
  for (const { file, entries } of zips)
    for (const { name, content } of entries.filter(entry => /\.[cm]?js$/.test(entry.name))) {
      const inputs = sources.get(sha256(content))
      if (inputs === undefined) throw new Error(`${file}: ${name} is from no build that is on record`)
      for (const folder of new Set(inputs.flatMap(input => PACKAGE.exec(input)?.[0] ?? []))) {
        const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
        const key = `${manifest.name}@${manifest.version}`
        if (!found.has(key)) found.set(key, { manifest, zips: new Set() })
        found.get(key)!.zips.add(file)
      }
    }
  return found
}

/** The document as text: the same for the same packages. A time is in it only if SOURCE_DATE_EPOCH says which. */
export function sbom(cloud: string, packages: ReadonlyMap<string, Package>, epoch?: string): string {
  const { Contrib, Enums, Models, Serialize, Spec } = library
  const { ExternalReferenceFactory } = Contrib.FromNodePackageJson.Factories
  const builder = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
    new ExternalReferenceFactory(),
    new Contrib.License.Factories.LicenseFactory(),
  )
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const whole = builder.makeComponent(
    { name: `lockstep-functions-${cloud}`, version, license },
    Enums.ComponentType.Application,
  )
  whole.bomRef.value = `lockstep-functions-${cloud}@${version}`
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: whole }) })
  if (epoch !== undefined) bom.metadata.timestamp = timeOf(epoch)
  for (const [key, { manifest, zips }] of packages) {
    const component = builder.makeComponent(manifest)
    component.bomRef.value = key
    component.purl = purlOf(manifest)
    for (const zip of [...zips].toSorted()) component.properties.add(new Models.Property('lockstep:zip', zip))
    bom.components.add(component)
    whole.dependencies.add(component.bomRef)
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

/** Names on npm have one character that an address may not. */
const purlOf = ({ name, version }: Package['manifest']): string => `pkg:npm/${name.replace('@', '%40')}@${version}`

function timeOf(epoch: string): Date {
  if (!/^\d{1,11}$/.test(epoch))
    throw new Error('SOURCE_DATE_EPOCH is not a number of seconds since 1970: leave it out, or set one.')
  return new Date(Number(epoch) * 1000)
}
