#!/usr/bin/env -S node --max-semi-space-size=8
// The command, in plain JavaScript, so that an old Node gets a sentence instead of a syntax error.
// Node would keep up to 64 MB of short-lived objects three times over in each of its threads, which
// is more memory and no faster.
import './assert-node.mjs'
import './private-cache.mjs'

const compiled = !import.meta.url.endsWith('/src/rollcall.mjs')
const { start } = await import(compiled ? './main.js' : './main.ts')
await start(process.argv.slice(2))
