#!/usr/bin/env node
// The command, in plain JavaScript, so that an old Node gets a sentence instead of a syntax error.
import './assert-node.mjs'
import './private-cache.mjs'

const compiled = !import.meta.url.endsWith('/src/rollcall.mjs')
const { start } = await import(compiled ? './main.js' : './main.ts')
await start(process.argv.slice(2))
