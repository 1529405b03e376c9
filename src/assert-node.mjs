// Runs before anything else (`node --import`), in plain JavaScript, so that an old Node gets a
// sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `rollcall needs Node 24.12 or later and is running on ${process.versions.node}.\n` +
      'Install Node 24. In a clone of the repository, npm ci brings it along as a development dependency, ' +
      'but not with --omit=dev or --ignore-scripts.\n',
  )
  process.exit(1)
}
