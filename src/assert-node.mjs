// Runs before anything else (`node --import`), in plain JavaScript, so that an old Node gets a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `rollcall needs Node 24.12 or later and is running on ${process.versions.node}.\n` +
      'npm ci brings one along (the package "node"), unless install scripts were switched off: ' +
      'run npm ci without --ignore-scripts and start rollcall through npm, or install Node 24.\n',
  )
  process.exit(1)
}
