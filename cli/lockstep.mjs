#!/usr/bin/env node
/* Parses on any Node that knows modules, and imports nothing before the check, so that an older one gets a clear line. */
const [wantedMajor, wantedMinor] = [22, 18]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  const wanted = `${wantedMajor}.${wantedMinor}`
  process.stderr.write(`lockstep needs Node.js ${wanted} or newer; this is ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  import('node:fs')
    .then(({ existsSync }) => {
      // In the repository the sources stand beside this file; the published package holds them compiled.
      const source = new URL('./main.ts', import.meta.url)
      return import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href)
    })
    .then(({ runAsProcess }) => runAsProcess())
    .catch(({ code }) => {
      process.stderr.write(`lockstep could not be loaded (${code || 'no code'}). Reinstall it: npm install lockstep\n`)
      process.exitCode = 1
    })
}
